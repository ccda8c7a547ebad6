// Made from the API's OpenAPI description by `npm run schema`. Do not edit.

export interface paths {
    "/api/v1/channels": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List channels
         * @description Every channel by name, with its state and viewers.
         */
        get: operations["listChannels"];
        put?: never;
        /**
         * Create a channel
         * @description Create a channel and its stream key. The key is in this answer only: it is stored hashed.
         */
        post: operations["createChannel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/channels/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a channel
         * @description One channel, with its state and viewers.
         */
        get: operations["getChannel"];
        put?: never;
        post?: never;
        /**
         * Delete a channel
         * @description Remove a channel, its key and its media. Whoever publishes to it is hung up on, and its playlists end.
         */
        delete: operations["deleteChannel"];
        options?: never;
        head?: never;
        /**
         * Change a channel's title
         * @description Viewers who have the watch page open see the new title when the page asks next.
         */
        patch: operations["updateChannel"];
        trace?: never;
    };
    "/api/v1/channels/{name}/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a new stream key
         * @description Replace the channel's key. The old one stops working, and whoever publishes with it is hung up on.
         */
        post: operations["rotateKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/channels/{name}/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a playback token
         * @description A token for one channel, and addresses that carry it. It cannot be called back, so keep its life short.
         */
        post: operations["createPlaybackToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow changes of streams
         * @description Server-sent events. A client that does not keep up is dropped; connect again and read the state anew.
         */
        get: operations["followEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get health
         * @description Every check with its state, and what to do where it is not ok.
         */
        get: operations["getHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/nodes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List nodes
         * @description What each machine says of itself, over the last few seconds.
         */
        get: operations["listNodes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who am I
         * @description The role of whoever calls.
         */
        get: operations["getSession"];
        put?: never;
        /**
         * Sign in
         * @description Give the admin token, as `Authorization: Bearer` or as content, and get a session cookie for 12 hours.
         */
        post: operations["signIn"];
        /**
         * Sign out
         * @description End this session and drop its cookie.
         */
        delete: operations["signOut"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/signing-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List signing keys
         * @description The public keys whose tokens are taken, oldest first.
         */
        get: operations["listSigningKeys"];
        put?: never;
        /**
         * Trust an issuer
         * @description Take tokens that another program signs. They must name the `id` in this answer as `kid`.
         */
        post: operations["addSigningKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/signing-keys/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign with a new key
         * @description Tokens made so far stay valid until they expire. To end them now, remove the old key too.
         */
        post: operations["rotateSigningKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/signing-keys/{key_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Stop trusting a key
         * @description Every token it has signed is refused from now on.
         */
        delete: operations["removeSigningKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/streams": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List streams
         * @description Every stream that is on air, waiting for its publisher, or has ended not long ago.
         */
        get: operations["listStreams"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/streams/{channel}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a stream
         * @description A channel's stream; in the state `offline` where the channel has none.
         */
        get: operations["getStream"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/streams/{channel}/publisher": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Hang up on the publisher
         * @description Close the running publishing session. The publisher may come back, unless its key is rotated too.
         */
        delete: operations["kickPublisher"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/version": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the version
         * @description Which release answers.
         */
        get: operations["getVersion"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/watch/{channel}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get what viewers may know
         * @description A channel's title, state, viewers and playlist address.
         *
         *     Of a private channel only with its playback token as `token`, or signed in: then the address carries a token of its
         *     own, so ask again before it expires.
         */
        get: operations["getWatch"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * ChannelCreate
         * @description A channel to create.
         */
        ChannelCreate: {
            /**
             * @description 1 to 63 of a-z, 0-9, '-' and '_', beginning with a letter or digit.
             * @example morning-show
             */
            name: string;
            /**
             * @description What viewers read above the picture.
             * @default
             * @example The morning show
             */
            title: string;
        };
        /**
         * ChannelCreated
         * @description A channel with its new stream key, which cannot be read again.
         */
        ChannelCreated: {
            channel: string;
            ingest: components["schemas"]["Ingest"];
            playback: components["schemas"]["Playback"];
            title: string;
        };
        /**
         * ChannelList
         * @description Every channel, by name.
         */
        ChannelList: {
            items: components["schemas"]["ChannelView"][];
        };
        /**
         * ChannelUpdate
         * @description What may be changed about a channel.
         */
        ChannelUpdate: {
            /**
             * @description What viewers read above the picture.
             * @example The morning show
             */
            title: string;
        };
        /**
         * ChannelView
         * @description A channel and whether it is on air.
         */
        ChannelView: {
            created_at: number;
            home_region: string;
            /** @description the stream key's last four characters. */
            key_hint: string;
            name: string;
            /** @enum {string} */
            state: "offline" | "starting" | "live" | "interrupted" | "ended";
            title: string;
            /** @description distinct viewers seen in the last few seconds. */
            viewers: number;
        };
        /**
         * Check
         * @description One thing that was looked at. `hint` is the exact next step where it is not ok.
         */
        Check: {
            hint: string;
            message: string;
            name: string;
            /** @enum {string} */
            status: "ok" | "degraded" | "failing";
        };
        /**
         * FieldProblem
         * @description One field that breaks a rule; the empty name is the content as a whole.
         */
        FieldProblem: {
            field: string;
            message: string;
        };
        /**
         * Health
         * @description The whole platform's state: the worst of its checks.
         */
        Health: {
            checks: components["schemas"]["Check"][];
            /** @enum {string} */
            status: "ok" | "degraded" | "failing";
            uptime_s: number;
            version: string;
        };
        /**
         * Ingest
         * @description Where and with what to publish. `rtmps` is null where no certificate is configured.
         */
        Ingest: {
            /**
             * @description The stream key. Shown this once: it is stored hashed.
             * @example tgk_7m2k9x4c_0123456789abcdefghjkmnpqrstvwxyz
             */
            key: string;
            /** @example rtmp://127.0.0.1:1935/live */
            rtmp: string;
            rtmps: string | null;
        };
        /**
         * IngestAddress
         * @description Where to publish. `rtmps` is null where no certificate is configured.
         */
        IngestAddress: {
            /** @example rtmp://127.0.0.1:1935/live */
            rtmp: string;
            rtmps: string | null;
        };
        /**
         * NodeList
         * @description Every node of this installation.
         */
        NodeList: {
            items: components["schemas"]["NodeStatus"][];
        };
        /**
         * NodeStatus
         * @description One node's second. Rates are over the last few seconds; `cpu_cores` is cores in use by this process tree.
         */
        NodeStatus: {
            cpu_cores: number;
            cpu_count: number;
            disk_free_bytes: number;
            disk_total_bytes: number;
            egress_bps: number;
            ingest_bps: number;
            memory_total_bytes: number;
            node: string;
            region: string;
            roles: string[];
            rss_bytes: number;
            started_at: number;
            streams: number;
            version: string;
            viewers: number;
        };
        /**
         * Note
         * @description One thing the publisher should know, as the studio and the log show it.
         */
        Note: {
            /** @description wall time last seen, seconds since the Unix epoch. */
            at: number;
            /** @description stable, such as `timestamp-jump`. */
            code: string;
            /** @description times seen in this broadcast. */
            count: number;
            /** @description what to do about it, one sentence; may be empty. */
            hint: string;
            /** @enum {string} */
            level: "info" | "warning" | "error";
            /** @description what was seen, one plain sentence. */
            message: string;
        };
        /**
         * Playback
         * @description Where to watch: the multivariant playlist, and the page.
         */
        Playback: {
            /** @example http://127.0.0.1:8080/live/morning-show/index.m3u8 */
            hls: string;
            /** @example http://127.0.0.1:8080/watch/morning-show */
            watch: string;
        };
        /**
         * PlaybackTokenView
         * @description A token to watch a channel with, and addresses that carry it.
         */
        PlaybackTokenView: {
            channel: string;
            /** @description seconds since the Unix epoch. */
            expires_at: number;
            playback: components["schemas"]["Playback"];
            /** @description give it to a player as `/live/~TOKEN/…`, or to anything as `?token=TOKEN`. */
            token: string;
        };
        /**
         * Problem
         * @description Problem details (RFC 9457). Further members carry data of the one error.
         */
        Problem: {
            /**
             * @description stable and lower-case; what a program branches on.
             * @example not-found
             */
            code: string;
            /** @description what was wrong this time, one sentence. */
            detail: string;
            /** @description the fields that break a rule, where the request's content was refused. */
            errors?: components["schemas"]["FieldProblem"][];
            /** @description what to do next, one sentence; may be empty. */
            hint: string;
            /** @description whether the same request may succeed later unchanged. */
            retryable: boolean;
            status: number;
            /** @description the kind of error, the same for every occurrence. */
            title: string;
            /**
             * @description address of the error's documentation.
             * @example /docs/errors#not-found
             */
            type: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * Publisher
         * @description One publishing session at a gateway.
         */
        Publisher: {
            channel: string;
            connected_at: number;
            encoder: string;
            protocol: string;
            remote: string;
            session: string;
        };
        /**
         * SessionView
         * @description Who is signed in.
         */
        SessionView: {
            /** @constant */
            role: "admin";
        };
        /**
         * SignIn
         * @description The admin token, where it does not come as `Authorization: Bearer`.
         */
        SignIn: {
            /** @description The content of `admin-token` in the data folder. */
            token: string;
        };
        /**
         * SigningKey
         * @description The public half of a key that may sign playback tokens.
         */
        SigningKey: {
            /** @description `EdDSA`, `ES256` or `RS256`; tokens must use it. */
            algorithm: string;
            created_at: number;
            /** @description what a token's header names as `kid`. */
            id: string;
            /** @enum {string} */
            issuer: "installation" | "external";
            name: string;
            /** @description PEM. */
            public_key: string;
            /** @description when its tokens stop being valid, seconds since the Unix epoch; 0: when it is removed. */
            retires_at: number;
        };
        /**
         * SigningKeyCreate
         * @description The public half of an issuer's key.
         */
        SigningKeyCreate: {
            /** @description Whose key it is. */
            name: string;
            /** @description PEM: Ed25519, ECDSA on P-256, or RSA of at least 2048 bits. */
            public_key: string;
        };
        /**
         * SigningKeyList
         * @description Every key whose tokens are taken, oldest first.
         */
        SigningKeyList: {
            items: components["schemas"]["SigningKey"][];
        };
        /**
         * StreamEvent
         * @description A change of state, announced on the bus topic `stream`.
         */
        StreamEvent: {
            at: number;
            broadcast: string;
            channel: string;
            reason: string;
            /** @enum {unknown} */
            state: "ended" | "interrupted" | "live" | "offline" | "starting";
        };
        /**
         * StreamList
         * @description Every stream there is something to say about.
         */
        StreamList: {
            items: components["schemas"]["StreamView"][];
        };
        /**
         * StreamView
         * @description The whole of one stream.
         */
        StreamView: {
            /** @description the change arms it runs under, such as `chg_local_7m2k9x4c1t8v:treatment`; empty while nothing is being released. */
            arms: string[];
            /** @description id of the running (or last) broadcast, which outlives publisher blips; empty where none was. */
            broadcast: string;
            bytes_in: number;
            channel: string;
            discontinuities: number;
            ingest: components["schemas"]["IngestAddress"];
            notes: components["schemas"]["Note"][];
            parts: number;
            /** @description most viewers at once since the broadcast began. */
            peak_viewers: number;
            /** @description seconds from the first keyframe's arrival to the first playable part; 0 before. */
            playable_after_s: number;
            playback: components["schemas"]["Playback"];
            publisher: components["schemas"]["Publisher"] | null;
            /** @description recent attempts to publish to this channel that were refused, newest first. */
            refusals: components["schemas"]["Note"][];
            started_at: number;
            /** @enum {string} */
            state: "offline" | "starting" | "live" | "interrupted" | "ended";
            /** @description when the state last changed. */
            state_since: number;
            title: string;
            tracks: components["schemas"]["TrackStats"][];
            /** @description distinct viewers seen in the last few seconds. */
            viewers: number;
        };
        /**
         * TokenWish
         * @description What a playback token shall allow.
         */
        TokenWish: {
            /**
             * @description networks that may use it, such as `203.0.113.0/24`; none: any.
             * @default []
             */
            cidr: string[];
            /**
             * @description pages that may use it, such as `https://www.example.org`; none: any the channel allows.
             * @default []
             */
            origins: string[];
            /**
             * @description how long it is valid from now, seconds.
             * @default 3600
             */
            ttl_s: number;
            /**
             * @description who it is for; whoever uses it is counted as this one viewer. May be empty.
             * @default
             */
            viewer: string;
        };
        /**
         * TrackStats
         * @description What arrives on one track, measured over the last few seconds; 0 where not known yet.
         */
        TrackStats: {
            channels: number;
            codec: string;
            fps: number;
            gop_s: number;
            height: number;
            kbps: number;
            kind: string;
            name: string;
            part_target_s: number;
            sample_rate: number;
            segment_s: number;
            width: number;
        };
        /**
         * VersionView
         * @description Which release answers.
         */
        VersionView: {
            /** @example 0.1.0 */
            version: string;
        };
        /**
         * WatchView
         * @description What anyone may know of a channel.
         */
        WatchView: {
            /**
             * @description `token` where watching needs one; then this is answered to those who have one, and to those signed in.
             * @enum {string}
             */
            access: "public" | "token";
            channel: string;
            /** @description when the token in `hls` ends, seconds since the Unix epoch; ask again before. 0: there is none. */
            expires_at: number;
            /** @description address of the multivariant playlist; it answers while the state is live, interrupted or ended. */
            hls: string;
            /** @description when the broadcast began; 0 where there is none. */
            started_at: number;
            /** @enum {string} */
            state: "offline" | "starting" | "live" | "interrupted" | "ended";
            state_since: number;
            title: string;
            viewers: number;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listChannels: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChannelList"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createChannel: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChannelCreate"];
            };
        };
        responses: {
            /** @description Document created, URL follows */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChannelCreated"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Content Too Large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getChannel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChannelView"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteChannel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, nothing follows */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    updateChannel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChannelUpdate"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChannelView"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Content Too Large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rotateKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Document created, URL follows */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChannelCreated"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createPlaybackToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TokenWish"] | null;
            };
        };
        responses: {
            /** @description Document created, URL follows */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlaybackTokenView"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Content Too Large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    followEvents: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description `event: stream` with a StreamEvent as `data`, as they happen; a comment every 15 s. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": unknown;
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listNodes: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NodeList"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionView"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    signIn: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignIn"] | null;
            };
        };
        responses: {
            /** @description Request fulfilled, nothing follows */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": null;
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Content Too Large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    signOut: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, nothing follows */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": null;
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listSigningKeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SigningKeyList"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    addSigningKey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SigningKeyCreate"];
            };
        };
        responses: {
            /** @description Document created, URL follows */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SigningKey"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Content Too Large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rotateSigningKey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Document created, URL follows */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SigningKey"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeSigningKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, nothing follows */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listStreams: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StreamList"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getStream: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                channel: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StreamView"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    kickPublisher: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                channel: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, nothing follows */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getVersion: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VersionView"];
                };
            };
        };
    };
    getWatch: {
        parameters: {
            query?: {
                token?: string;
            };
            header?: never;
            path: {
                channel: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WatchView"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
