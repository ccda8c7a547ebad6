#!/bin/sh
# Make sure of the real engines that the tests start: ffmpeg, Chromium, PostgreSQL, nginx with its RTMP module,
# Prometheus.
# What is missing is installed with apt-get where that can be done; elsewhere this says what to install.
set -eu
missing=""
need() { # need PACKAGE TEST...
  package=$1; shift
  "$@" >/dev/null 2>&1 || missing="$missing $package"
}
need ffmpeg command -v ffmpeg
need chromium command -v chromium
need nginx command -v nginx
need libnginx-mod-rtmp sh -c 'ls /usr/lib/nginx/modules/ngx_rtmp_module.so'
need postgresql sh -c 'ls /usr/lib/postgresql/*/bin/postgres'
need prometheus command -v prometheus
need gir1.2-gst-rtsp-server-1.0 /usr/bin/python3 -c 'import gi; gi.require_version("GstRtspServer", "1.0")'
need gstreamer1.0-plugins-good sh -c 'ls /usr/lib/*/gstreamer-1.0/libgstrtp.so'
need fonts-dejavu-core sh -c 'ls /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf'
[ -z "$missing" ] && exit 0
if ! command -v apt-get >/dev/null 2>&1 || [ "$(id -u)" -ne 0 ]; then
  echo "The tests need:$missing. Install them (on Debian or Ubuntu: sudo apt-get install$missing) and run again." >&2
  exit 1
fi
echo "Installing for the tests:$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# A package's start script may try to start its server; the tests start their own, on their own ports.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' > "$policy" && chmod +x "$policy"
  trap 'rm -f "$policy"' EXIT
fi
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $missing >/dev/null
