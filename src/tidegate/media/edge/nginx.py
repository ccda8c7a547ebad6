"""A whole nginx configuration: TLS and HTTP/2 in front of the edge, which speaks plain HTTP/1.1.

In: names and paths, each checked, so that nothing given can end a directive. Out: the text of `nginx.conf`, for nginx
1.18 and later. Why it looks as it does:

* LL-HLS wants HTTP/2 (RFC 8216bis section 6.2.2); browsers speak it over TLS only.
* Playlists and parts pass unbuffered: a blocking answer must leave the moment it arrives.
* `proxy_cache_lock` never: its waiters look every 500 ms, longer than two parts. The edge collapses by itself.
* Whole segments and CMAF headers never change, so nginx may keep them; those below a playback token once for all, asking
  the edge for each viewer (`auth_request`).
* Read time-outs lie above the longest blocking hold, so that waiting is not taken for failing.
"""

import re
from string import Template

from tidegate.core.errors import InvalidError

_HOST_NAME = re.compile(r"(?=.{1,253}\Z)(?!-)[A-Za-z0-9-]{1,63}(?<!-)(?:\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*\Z")
_IPV6 = re.compile(r"\[[0-9A-Fa-f:.]{2,45}\]\Z")
_FILE = re.compile(r"/[A-Za-z0-9._+@/-]{1,400}\Z")

_TEMPLATE = Template("""\
# Tidegate behind nginx: TLS and HTTP/2 outside, keep-alive HTTP/1.1 to the edge inside.
# Check with: nginx -t -c THIS_FILE
worker_processes auto;
worker_rlimit_nofile 65536;

events {
    worker_connections 16384;
}

http {
    # Pools apart: a connection that once asked for a page, or pushed, is no longer the edge's own.
    upstream tidegate_live {
        server $upstream;
        keepalive 256;
        keepalive_requests 1000000;
        keepalive_timeout 60s;  # below the edge's own 75 s, so that nginx is the one to close
    }
    upstream tidegate_ingest {
        server $upstream;
    }
    upstream tidegate_pages {
        server $upstream;
        keepalive 16;
        keepalive_timeout 3s;
    }

    proxy_cache_path $cache_dir levels=1:2 keys_zone=tidegate:16m max_size=4g inactive=10m use_temp_path=off;

    access_log off;
    server_tokens off;
    sendfile on;
    tcp_nodelay on;
    keepalive_timeout 75s;
    keepalive_requests 100000;
    client_header_timeout 10s;
    client_max_body_size 1m;
    send_timeout 15s;
    gzip off;  # media does not shrink, and playlists must not wait for a compressor

    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $$host;
    proxy_set_header X-Forwarded-For $$remote_addr;
    proxy_set_header X-Forwarded-Proto $$scheme;
    proxy_connect_timeout 2s;
    proxy_read_timeout 60s;  # above the longest blocking hold
    proxy_next_upstream error;
    proxy_next_upstream_tries 2;

    server {
        listen $listen ssl http2;
        server_name $server_name;

        ssl_certificate $cert;
        ssl_certificate_key $key;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_session_cache shared:tidegate_tls:10m;
        ssl_session_timeout 1d;
        ssl_session_tickets off;

        # The same of private channels, below their viewers' tokens: kept once for all viewers, given to those whom the
        # edge lets in. The key differs from the public one, so that nobody gets it without being asked.
        location ~ ^/(?<tidegate_tree>live|vod)/~(?<tidegate_token>[^/]+)/(?<tidegate_object>(?<tidegate_channel>[^/]+)/[^?]*(seg|init)-[A-Za-z0-9._-]+)$$ {
            auth_request /_tidegate_access;
            proxy_pass http://tidegate_live;
            proxy_buffering on;
            proxy_buffers 32 64k;
            proxy_busy_buffers_size 128k;
            proxy_cache tidegate;
            proxy_cache_key private/$$tidegate_tree/$$tidegate_object;
            proxy_cache_valid 200 10m;
            proxy_cache_lock off;
            add_header X-Cache $$upstream_cache_status;
        }
        location = /_tidegate_access {
            internal;
            proxy_pass http://tidegate_live/live/~$$tidegate_token/$$tidegate_channel/access;
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
            proxy_set_header Connection "";
            proxy_set_header Host $$host;
            proxy_set_header X-Forwarded-For $$remote_addr;
            proxy_cache off;
        }

        # Whole segments and CMAF headers: immutable, so nginx may keep them.
        location ~ ^/(?:live|vod)/[^?]*/(seg|init)-[A-Za-z0-9._-]+$$ {
            proxy_pass http://tidegate_live;
            proxy_buffering on;
            proxy_buffers 32 64k;
            proxy_busy_buffers_size 128k;
            proxy_cache tidegate;
            proxy_cache_key $$uri;
            proxy_cache_valid 200 10m;
            proxy_cache_lock off;
            proxy_cache_use_stale error timeout http_502 http_504;
            add_header X-Cache $$upstream_cache_status;
        }

        # Playlists and parts: straight through, kept nowhere on the way.
        location ~ ^/(?:live|vod)/ {
            proxy_pass http://tidegate_live;
            proxy_buffering off;
            proxy_cache off;
        }

        # Server-sent events: one endless answer.
        location = /api/v1/events {
            proxy_pass http://tidegate_pages;
            proxy_buffering off;
            proxy_cache off;
            proxy_read_timeout 1h;
        }

        # CMAF pushed in: passed on as it comes, however long it lasts, over connections that pages never use.
        location /ingest/ {
            proxy_pass http://tidegate_ingest;
            proxy_request_buffering off;
            proxy_buffering off;
            proxy_cache off;
            client_max_body_size 0;
            client_body_timeout 60s;
        }

        # API and pages.
        location / {
            proxy_pass http://tidegate_pages;
        }
    }
}
""")


def nginx_config(
    server_name: str,
    upstream: str,
    cert: str,
    key: str,
    listen: str = "443",
    cache_dir: str = "/var/cache/tidegate-nginx",
) -> str:
    """Render the configuration.

    Args:
        server_name: the host name of the certificate, such as `live.example.org`.
        upstream: the edge, as `host:port`.
        cert: absolute path of the certificate chain, PEM.
        key: absolute path of its private key, PEM.
        listen: `port` or `address:port`.
        cache_dir: absolute path; nginx makes the last directory itself.

    Raises:
        InvalidError: one of them is not what it should be; the message names it.
    """
    return _TEMPLATE.substitute(
        server_name=_host_name("server_name", server_name),
        upstream=_address("upstream", upstream),
        cert=_file("cert", cert),
        key=_file("key", key),
        listen=_port("listen", listen) if listen.isdecimal() else _address("listen", listen),
        cache_dir=_file("cache_dir", cache_dir),
    )


def _host_name(field: str, text: str) -> str:
    if _HOST_NAME.match(text) is None:
        raise _invalid(field, text, "a host name", "Give one like live.example.org.")
    return text


def _address(field: str, text: str) -> str:
    host, _, port = text.rpartition(":")
    if _IPV6.match(host) is None and _HOST_NAME.match(host) is None:
        raise _invalid(field, text, "host:port", "Give one like 127.0.0.1:8080.")
    return f"{host}:{_port(field, port)}"


def _port(field: str, text: str) -> str:
    if not (text.isascii() and text.isdecimal() and len(text) <= 5 and 1 <= int(text) <= 65535):
        raise _invalid(field, text, "a TCP port", "Give a number from 1 to 65535.")
    return text


def _file(field: str, text: str) -> str:
    if _FILE.match(text) is None or ".." in text:
        raise _invalid(
            field,
            text,
            "an absolute path of plain characters",
            "Give one like /etc/ssl/tidegate/fullchain.pem.",
        )
    return text


def _invalid(field: str, text: str, wanted: str, hint: str) -> InvalidError:
    return InvalidError(f"{field}: {text[:80]!r} is not {wanted}.", hint=hint, field=field)
