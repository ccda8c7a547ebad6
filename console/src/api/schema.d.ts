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
    "/api/v1/channels/{channel}/clips": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cut a clip of what was just on air
         * @description The last seconds of a running broadcast, as a recording of its own, cut in the background.
         */
        post: operations["createLiveClip"];
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
    "/api/v1/channels/{name}/pull": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a channel's source
         * @description The address that is pulled for this channel, without its secrets, and how it goes.
         */
        get: operations["getPull"];
        /**
         * Pull a source
         * @description Pull this address for the channel from now on, instead of the one before. It is tried again until it works.
         */
        put: operations["setPull"];
        post?: never;
        /**
         * Pull no source any more
         * @description The running source is ended; its viewers wait for a publisher as after any other.
         */
        delete: operations["removePull"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/channels/{name}/slate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a channel's slate
         * @description What viewers of the channel see while nobody publishes.
         */
        get: operations["getSlate"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/channels/{name}/slate/picture": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Give a channel's slate a picture
         * @description The request's content is the file: a PNG or JPEG of at most 4 MiB, each side 64 to 4096 pixels.
         */
        put: operations["putSlatePicture"];
        post?: never;
        /**
         * Take back a slate's picture
         * @description The slate is drawn again. A channel without a picture is no error.
         */
        delete: operations["deleteSlatePicture"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/channels/{name}/slate/preview.png": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Look at a channel's slate
         * @description The slate as viewers see it, 640 x 360 pixels.
         */
        get: operations["previewSlate"];
        put?: never;
        post?: never;
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
    "/api/v1/recordings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List recordings
         * @description The newest first, those that still grow among them.
         */
        get: operations["listRecordings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/recordings/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take in recordings whose media is stored
         * @description After the database was lost or replaced: each recording has a manifest beside its media, and this reads them all.
         */
        post: operations["importRecordings"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/recordings/{recording}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a recording
         * @description One recording, with what has come in by now where it grows.
         */
        get: operations["getRecording"];
        put?: never;
        post?: never;
        /**
         * Delete a recording
         * @description Remove a recording and its media. Caches outside may have segments of it until they expire.
         */
        delete: operations["deleteRecording"];
        options?: never;
        head?: never;
        /**
         * Change a recording
         * @description Give it another title, or keep it whatever retention says.
         */
        patch: operations["updateRecording"];
        trace?: never;
    };
    "/api/v1/recordings/{recording}/clips": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cut a clip out of a recording
         * @description The clip is a recording of its own, cut in the background: ask for it until its state is ready.
         */
        post: operations["createClip"];
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
    "/api/v1/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List settings
         * @description Every setting by name, as it is in effect for this node, or for whom the query names.
         */
        get: operations["listSettings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/settings/diff": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What differs
         * @description Without a stretch: what differs from the release's defaults. With `since` (and `until`, seconds since the Unix
         *     epoch): what changed meanwhile. With `name`, `from_version` and `to_version`: between two versions of one setting.
         */
        get: operations["diffSettings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/settings/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who changed what
         * @description Changes of all settings, newest first. `before` is `next` of the page before; a page has up to 200 entries.
         */
        get: operations["listSettingHistory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/settings/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a setting
         * @description One setting, as it is in effect for this node, or for whom the query names.
         */
        get: operations["getSetting"];
        /**
         * Set a setting
         * @description Set a value for all, or for one channel, node, cell or region. It is in effect when this answers.
         */
        put: operations["putSetting"];
        post?: never;
        /**
         * Reset a setting
         * @description Take back what is set for all, or for one channel, node, cell or region.
         */
        delete: operations["resetSetting"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/settings/{name}/changes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Release a value to a share
         * @description Start a change, or move the share of the one with this value. Growing a share takes no one out of it.
         */
        post: operations["releaseSetting"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/settings/{name}/changes/{change}": {
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
         * Abort a change
         * @description Whoever the change had reached has again what everyone has.
         */
        delete: operations["abortSetting"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/settings/{name}/changes/{change}/promote": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a change everyone's
         * @description The change's value is set for all, and the change is over.
         */
        post: operations["promoteSetting"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/settings/{name}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who changed a setting
         * @description Changes of one setting, newest first.
         */
        get: operations["getSettingHistory"];
        put?: never;
        post?: never;
        delete?: never;
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
         * Hang up on the publishers
         * @description Close the running publishing sessions, the backup's too. They may come back, unless the key is rotated too.
         */
        delete: operations["kickPublisher"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/streams/{channel}/switch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Switch to the other publisher
         * @description Viewers go over to the standby at its next keyframe, and stay there while it delivers.
         */
        post: operations["switchPublisher"];
        delete?: never;
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
         * @description A channel's title, state, viewers and playlist address, and whether whoever asks may cut clips.
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
    "/api/v1/watch/{channel}/clips": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cut a clip as a viewer
         * @description The last seconds of a running broadcast, where `clips.public` is set for the channel; of a private one only with its
         *     playback token. Some a minute from one address. Ask for it as a recording until its state is ready.
         */
        post: operations["createViewerClip"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/watch/{channel}/recordings/{recording}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get what viewers may know of a recording
         * @description A recording's title, length and playlist address, for whoever has its address; of a private channel only with its
         *     playback token as `token`, or signed in.
         */
        get: operations["getWatchRecording"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List webhooks
         * @description Endpoints that are told of events. Their secrets are not shown again.
         */
        get: operations["listWebhooks"];
        put?: never;
        /**
         * Tell one more endpoint
         * @description The signing secret is in this answer only.
         */
        post: operations["createWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List deliveries
         * @description What was sent, what came back, and what is still to be sent; of one endpoint or of all.
         */
        get: operations["listDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/deliveries/{delivery}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Deliver once more
         * @description With the same id and body, so that a receiver that has it already can tell.
         */
        post: operations["replayDelivery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/hook-secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the publish hook's secret
         * @description Requests to `publish.hook_url` are signed with it, as webhooks are with theirs.
         */
        get: operations["getHookSecret"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/{webhook}": {
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
         * Remove a webhook
         * @description It is told nothing more, and its deliveries are forgotten.
         */
        delete: operations["removeWebhook"];
        options?: never;
        head?: never;
        /**
         * Change a webhook
         * @description What waits for it goes to the new address; a disabled one keeps what waits.
         */
        patch: operations["updateWebhook"];
        trace?: never;
    };
    "/api/v1/webhooks/{webhook}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a test
         * @description An event `webhook.test`, delivered and logged like any other.
         */
        post: operations["testWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/world": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the demo world
         * @description What its synthetic viewers do, and what is being done to them. `running` is false on every platform but a demo's.
         */
        get: operations["getWorld"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/world/hurt/{what}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Hurt the demo world
         * @description Begin one of `hurts`; what is hurt already stays so. There is nothing to hurt but in a demo.
         */
        post: operations["hurtWorld"];
        /**
         * Heal the demo world
         * @description Undo it; what is well stays so. What `heals_itself` is left to.
         */
        delete: operations["healWorld"];
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
         * ClipCreate
         * @description A stretch of a recording, in seconds from its beginning.
         */
        ClipCreate: {
            begin_s: number;
            end_s: number;
            /**
             * @description `gop`: from the keyframe before to the one after, as it was sent; `frame`: from the very frame to the very frame, a minute at most, encoded anew in the publisher's own size.
             * @default gop
             * @enum {string}
             */
            exact: "gop" | "frame";
            /**
             * @description What viewers read above the picture.
             * @default
             * @example The morning show
             */
            title: string;
        };
        /**
         * CreatedWebhook
         * @description An endpoint with its new signing secret, which is shown this once.
         */
        CreatedWebhook: {
            secret: string;
            webhook: components["schemas"]["Webhook"];
        };
        /**
         * Delivery
         * @description One event on its way to one endpoint.
         */
        Delivery: {
            /** @description requests made so far. */
            attempts: number;
            /** @description what is sent, JSON. */
            body: string;
            channel: string;
            created_at: number;
            /** @description of the last attempt. */
            duration_s: number;
            /** @description why the last attempt failed, one sentence; empty where it did not. */
            error: string;
            /** @description the event's id: what the receiver sees as `webhook-id`, the same at every attempt and replay. */
            event: string;
            id: string;
            /** @description when the next is made, seconds since the Unix epoch; 0 where none is. */
            next_at: number;
            /** @description the beginning of the last answer. */
            response: string;
            /** @enum {string} */
            state: "pending" | "delivered" | "failed";
            /** @description HTTP status of the last answer; 0 where there was none. */
            status: number;
            type: string;
            updated_at: number;
            webhook: string;
        };
        /**
         * DeliveryList
         * @description Deliveries, newest first.
         */
        DeliveryList: {
            items: components["schemas"]["Delivery"][];
        };
        /**
         * EventType
         * @description A kind of event, and what it means.
         */
        EventType: {
            meaning: string;
            type: string;
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
         * HistoryEntry
         * @description One line of a setting's history. Never changed and never removed.
         */
        HistoryEntry: {
            /** @enum {string} */
            action: "set" | "reset" | "release" | "promote" | "abort";
            /** @description seconds since the Unix epoch. */
            at: number;
            /** @description id of the change being released, where it was about one. */
            change: string;
            id: string;
            name: string;
            /** @description the value at this place before and after; null: nothing was set there. */
            new: boolean | number | string | null;
            /** @description how far that change was and is released, 0 to 1. */
            new_share: number;
            /** @description the value at this place before and after; null: nothing was set there. */
            old: boolean | number | string | null;
            /** @description how far that change was and is released, 0 to 1. */
            old_share: number;
            /** @enum {string} */
            reach: "all" | "channel" | "node" | "cell" | "region";
            reason: string;
            /** @description address the author came from. */
            remote: string;
            /** @description which the setting had from then on. */
            version: number;
            who: string;
        };
        /**
         * HookSecret
         * @description What requests of the publish hook are signed with.
         */
        HookSecret: {
            secret: string;
        };
        /**
         * Hurt
         * @description One way to hurt the world.
         */
        Hurt: {
            /** @description what it does, a sentence. */
            does: string;
            /** @description the platform mends it; nobody need undo it. */
            heals_itself: boolean;
            /** @description why it cannot be done now; empty where it can. */
            reason: string;
            /** @description where that is seen, a sentence. */
            shows: string;
            /** @description when its state began, seconds since the Unix epoch; 0 while nothing was ever done. */
            since: number;
            /** @enum {string} */
            state: "well" | "hurt" | "healing";
            /** @description what its button says. */
            title: string;
            /** @description its name in addresses. */
            what: string;
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
            /**
             * @description The stream key is its `streamid`.
             * @example srt://127.0.0.1:8890
             */
            srt: string;
        };
        /**
         * IngestAddress
         * @description Where to publish. `rtmps` is null where no certificate is configured.
         */
        IngestAddress: {
            /** @example rtmp://127.0.0.1:1935/live */
            rtmp: string;
            rtmps: string | null;
            /**
             * @description The stream key is its `streamid`.
             * @example srt://127.0.0.1:8890
             */
            srt: string;
        };
        /**
         * LadderStatus
         * @description One channel's ladder.
         */
        LadderStatus: {
            /** @description what it was admitted with. */
            cost_cores: number;
            /** @description processor it takes now, in cores. */
            cpu_cores: number;
            encoder: string;
            /** @description what to do about it. */
            hint: string;
            /** @description how far its slowest rendition is behind the publisher's picture, seconds. */
            lag_s: number;
            preset: string;
            /** @description why there is none, or what is wrong; one sentence, may be empty. */
            reason: string;
            /** @description of its process in this session. */
            restarts: number;
            rss_bytes: number;
            rungs: components["schemas"]["RungStatus"][];
            /** @enum {string} */
            state: "off" | "waiting" | "starting" | "running" | "restarting" | "refused" | "failed";
        };
        /**
         * LiveClipCreate
         * @description The last seconds that were on air.
         */
        LiveClipCreate: {
            /** @default 30 */
            last_s: number;
            /**
             * @description What viewers read above the picture.
             * @default
             * @example The morning show
             */
            title: string;
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
         * @description One publishing session at a gateway. `role` is what the encoder's address says it is.
         */
        Publisher: {
            channel: string;
            connected_at: number;
            encoder: string;
            protocol: string;
            remote: string;
            /** @enum {string} */
            role: "primary" | "backup";
            session: string;
        };
        /**
         * PublisherStatus
         * @description A connected publisher as it does now.
         */
        PublisherStatus: {
            /** @description what arrives, over the last few seconds; 0 while it is silent. */
            kbps: number;
            /**
             * @description whether viewers get its media now.
             * @enum {string}
             */
            place: "on air" | "standby";
            publisher: components["schemas"]["Publisher"];
            /** @description it sends media that is, or at once could be, on air. */
            ready: boolean;
            /** @description how long it has sent without a lapse, seconds. */
            steady_s: number;
        };
        /**
         * PullSet
         * @description A source to pull for a channel.
         */
        PullSet: {
            enabled: boolean;
            /** @description Begin again at the end of a source of finite length. */
            loop: boolean;
            /**
             * @description RTSP, HTTP (a file, a stream or an .m3u8), RTMP, SRT; file: where the configuration names a folder.
             * @example rtsp://viewer:secret@camera.example/stream1
             */
            url: string;
        };
        /**
         * PullView
         * @description A channel's source and how it goes.
         */
        PullView: {
            enabled: boolean;
            /** @description times in a row that it failed. */
            failures: number;
            loop: boolean;
            /** @description why it last failed, one sentence; empty where it did not. */
            reason: string;
            /** @description when it is tried next; 0 where no try waits. */
            retry_at: number;
            /** @description when the state last changed. */
            since: number;
            /** @enum {string} */
            state: "off" | "connecting" | "live" | "retrying" | "standby" | "ended";
            /** @description without password and query, which may be secrets; empty where nothing is pulled. */
            url: string;
        };
        /**
         * RecordingList
         * @description Recordings, the newest first; at most 500.
         */
        RecordingList: {
            items: components["schemas"]["RecordingView"][];
        };
        /**
         * RecordingPlayback
         * @description Where to play it, of a private channel with a token that lasts a while: the multivariant playlist, the page, one MP4 file to download, and pictures, once they are drawn.
         */
        RecordingPlayback: {
            /** @example http://127.0.0.1:8080/vod/morning-show/rec_local_7m2k9x4c1t8v/index.m3u8 */
            hls: string;
            mp4: string;
            poster: string;
            storyboard: string;
            watch: string;
        };
        /**
         * RecordingUpdate
         * @description What may be changed about a recording; what is not given stays.
         */
        RecordingUpdate: {
            /** @description retention does not remove it. */
            keep?: boolean | null;
            /**
             * @description What viewers read above the picture.
             * @example The morning show
             */
            title?: string | null;
        };
        /**
         * RecordingView
         * @description One broadcast, kept; or a clip of one.
         */
        RecordingView: {
            /** @description of its media. */
            bytes: number;
            channel: string;
            /** @description of its media, gaps included. */
            duration_s: number;
            /** @description of the broadcast; `ended_at` is 0 while it grows. */
            ended_at: number;
            /** @description how much of that is missing. */
            gap_s: number;
            home_region: string;
            id: string;
            /** @description retention does not remove it. */
            keep: boolean;
            playback: components["schemas"]["RecordingPlayback"];
            /** @description of a clip that is being cut, 0 to 1. */
            progress: number;
            /** @description why a clip failed; empty else. */
            reason: string;
            /** @description the recording that a clip was cut from; empty for a broadcast's own. */
            source: string;
            /** @description of the broadcast; `ended_at` is 0 while it grows. */
            started_at: number;
            /**
             * @description growing while its broadcast runs; ready; partial, where something of it is missing; making or failed, of a clip.
             * @enum {string}
             */
            state: "growing" | "ready" | "partial" | "making" | "failed";
            title: string;
            /** @description counts changes. */
            version: number;
        };
        /**
         * RegionCrowd
         * @description A region's viewers now.
         */
        RegionCrowd: {
            /** @description of the renditions they play, on the mean; 0 where nobody plays. */
            bitrate_bps: number;
            /** @description live edge to screen, on the mean of those who play. */
            latency_s: number;
            playing: number;
            region: string;
            stalled: number;
            /** @description what each of them may receive at the most; 0: what their networks carry. */
            throttled_bps: number;
            viewers: number;
        };
        /**
         * RungStatus
         * @description One rendition, measured over the last seconds; `target_kbps` is what it is allowed.
         */
        RungStatus: {
            fps: number;
            height: number;
            kbps: number;
            name: string;
            target_kbps: number;
            width: number;
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
         * SettingChange
         * @description A value on its way to everyone, by now in effect for `share` (0 to 1) of the gray unit's subjects.
         */
        SettingChange: {
            id: string;
            share: number;
            value: boolean | number | string;
        };
        /**
         * SettingDiff
         * @description Every place that differs.
         */
        SettingDiff: {
            items: components["schemas"]["SettingDifference"][];
        };
        /**
         * SettingDifference
         * @description One place where two states differ. `change` and the shares: as in `HistoryEntry`.
         */
        SettingDifference: {
            change: string;
            id: string;
            name: string;
            /** @description null: nothing is set there. */
            new: boolean | number | string | null;
            new_share: number;
            /** @description null: nothing is set there. */
            old: boolean | number | string | null;
            old_share: number;
            /** @enum {string} */
            reach: "all" | "channel" | "node" | "cell" | "region";
        };
        /**
         * SettingHistory
         * @description Entries newest first, and where the next page begins; empty: there is none.
         */
        SettingHistory: {
            items: components["schemas"]["HistoryEntry"][];
            next: string;
        };
        /**
         * SettingList
         * @description Every setting by name, and what is stored that this release cannot use.
         */
        SettingList: {
            items: components["schemas"]["SettingView"][];
            problems: components["schemas"]["SettingProblem"][];
        };
        /**
         * SettingOverride
         * @description A value that one channel, node, cell or region has for itself.
         */
        SettingOverride: {
            id: string;
            /** @enum {string} */
            scope: "channel" | "node" | "cell" | "region";
            value: boolean | number | string;
        };
        /**
         * SettingProblem
         * @description Something stored that this release cannot use; the default holds in its place.
         */
        SettingProblem: {
            message: string;
            /** @description the setting. */
            name: string;
            /** @description where the value stands, such as `all`, `channel demo` or `change chg_local_7m2k9x4c1t8v`. */
            place: string;
        };
        /**
         * SettingPromote
         * @description A change to make everyone's.
         */
        SettingPromote: {
            /**
             * @description Why, for the history.
             * @default
             * @example Wi-Fi at the venue
             */
            reason: string;
            /** @description The version that was read; if it has another by now, nothing is changed (409). */
            version?: number | null;
        };
        /**
         * SettingPut
         * @description A value to set. A text for a setting that is no text is read as people type it.
         */
        SettingPut: {
            /** @default  */
            id: string;
            /**
             * @description for all, or for one channel, node, cell or region, which `id` then names.
             * @default all
             * @enum {string}
             */
            reach: "all" | "channel" | "node" | "cell" | "region";
            /**
             * @description Why, for the history.
             * @default
             * @example Wi-Fi at the venue
             */
            reason: string;
            value: boolean | number | string;
            /** @description The version that was read; if it has another by now, nothing is changed (409). */
            version?: number | null;
        };
        /**
         * SettingRelease
         * @description A value to release to a share of subjects: over 0, up to 1.
         */
        SettingRelease: {
            /**
             * @description Why, for the history.
             * @default
             * @example Wi-Fi at the venue
             */
            reason: string;
            /** @example 0.05 */
            share: number;
            value: boolean | number | string;
            /** @description The version that was read; if it has another by now, nothing is changed (409). */
            version?: number | null;
        };
        /**
         * SettingView
         * @description A setting: what it is, what it may be, what it is.
         */
        SettingView: {
            /** @description of the changes that whom was asked is counted in. */
            arms: string[];
            /** @description what a value may be, in words. */
            bounds: string;
            changes: components["schemas"]["SettingChange"][];
            /** @description what a text may be; empty where it is free. */
            choices: string[];
            /** @description the release's. */
            default: boolean | number | string;
            /**
             * @description what a change is released by.
             * @enum {string}
             */
            gray_unit: "session" | "stream" | "channel" | "node" | "cell" | "region";
            /** @enum {string} */
            kind: "flag" | "integer" | "number" | "text";
            /** @description bounds of a number, both included; null where there is none. */
            maximum: number | null;
            /** @description bounds of a number, both included; null where there is none. */
            minimum: number | null;
            /** @description `part.what_unit`. */
            name: string;
            /** @description this node's, by its configuration; null where that says nothing else. */
            node_default: boolean | number | string | null;
            /** @description values of their own, the first 200; `overrides_count` says how many there are. */
            overrides: components["schemas"]["SettingOverride"][];
            overrides_count: number;
            /** @description the part that obeys it. */
            owner: string;
            /** @description what is stored and cannot be used. */
            problems: components["schemas"]["SettingProblem"][];
            /** @description what may have a value of its own. */
            scopes: ("channel" | "node" | "cell" | "region")[];
            /** @description what it does. */
            sentence: string;
            /** @description what is set for all; null: nothing. */
            set_value: boolean | number | string | null;
            /**
             * @description where that comes from.
             * @enum {string}
             */
            source: "default" | "config" | "set" | "gray" | "override";
            /**
             * @description when a new value does.
             * @enum {string}
             */
            takes_effect: "at once" | "next stream" | "restart";
            unit: string;
            /** @description in effect for whom was asked. */
            value: boolean | number | string;
            /** @description counts every change of this setting; 0: never set. */
            version: number;
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
         * SlateView
         * @description What a channel's viewers see while nobody publishes.
         */
        SlateView: {
            /** @description seconds without media before it is shown. */
            after_s: number;
            channel: string;
            /** @description whether the channel has a picture of its own, shown or not. */
            has_picture: boolean;
            /** @description the words on a drawn slate. */
            line: string;
            /**
             * @description the owner's picture, a drawn slate, or nothing: the last frame stays.
             * @enum {string}
             */
            shows: "picture" | "generated" | "nothing";
            /**
             * @description whether it is made for the running stream, and on air.
             * @enum {string}
             */
            state: "none" | "ready" | "on air";
        };
        /**
         * StreamEvent
         * @description A change of state, or of the publisher on air, announced on the bus topic `stream`.
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
            ladder: components["schemas"]["LadderStatus"];
            notes: components["schemas"]["Note"][];
            parts: number;
            /** @description most viewers at once since the broadcast began. */
            peak_viewers: number;
            /** @description seconds from the first keyframe's arrival to the first playable part; 0 before. */
            playable_after_s: number;
            playback: components["schemas"]["Playback"];
            /** @description the one on air; null where none is. */
            publisher: components["schemas"]["Publisher"] | null;
            /** @description all that are connected, the primary first. */
            publishers: components["schemas"]["PublisherStatus"][];
            /** @description recent attempts to publish to this channel that were refused, newest first. */
            refusals: components["schemas"]["Note"][];
            /**
             * @description what viewers are shown while nobody publishes.
             * @enum {string}
             */
            slate: "none" | "ready" | "on air";
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
         * SwitchRequest
         * @description Which publisher is to go on air; null: the one that stands by.
         */
        SwitchRequest: {
            /** @enum {null|string} */
            to?: "primary" | "backup" | null;
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
         * ViewerClipCreate
         * @description The last seconds that were on air, as a viewer may have them.
         */
        ViewerClipCreate: {
            last_s: number;
        };
        /**
         * WatchRecordingView
         * @description What anyone who has its address may know of a recording.
         */
        WatchRecordingView: {
            channel: string;
            duration_s: number;
            /** @description when that token does, where it was made for this answer; else 0. */
            expires_at: number;
            /** @description of a private channel's recording it carries a token. */
            hls: string;
            id: string;
            /** @description its page, and the file to download, with the token where there is one. */
            mp4: string;
            /** @description of a clip that is being cut, 0 to 1. */
            progress: number;
            started_at: number;
            /** @enum {string} */
            state: "growing" | "ready" | "partial" | "making" | "failed";
            title: string;
            /** @description its page, and the file to download, with the token where there is one. */
            watch: string;
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
            /**
             * @description who may cut clips here, of whoever asks: `signed-in` one who is, `viewers` anyone, `nobody`.
             * @enum {string}
             */
            clips: "nobody" | "viewers" | "signed-in";
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
        /**
         * Webhook
         * @description An endpoint that is told of events.
         */
        Webhook: {
            /** @description the one it is told about; empty: all. */
            channel: string;
            created_at: number;
            description: string;
            enabled: boolean;
            /** @description types it is told of; none: all. */
            events: string[];
            id: string;
            url: string;
        };
        /**
         * WebhookCreate
         * @description An endpoint to tell.
         */
        WebhookCreate: {
            /**
             * @description The one it is told about; empty: all.
             * @default
             */
            channel: string;
            /** @default  */
            description: string;
            /**
             * @description Types it is told of; none: all.
             * @default []
             * @example [
             *       "stream.started"
             *     ]
             */
            events: string[];
            /** @example https://example.org/hooks/tidegate */
            url: string;
        };
        /**
         * WebhookList
         * @description Every endpoint, oldest first, and every type of event there is.
         */
        WebhookList: {
            items: components["schemas"]["Webhook"][];
            types: components["schemas"]["EventType"][];
        };
        /**
         * WebhookUpdate
         * @description What may be changed about an endpoint; what is left out stays.
         */
        WebhookUpdate: {
            channel?: string;
            description?: string;
            enabled?: boolean;
            /**
             * @description Types it is told of; none: all.
             * @example [
             *       "stream.started"
             *     ]
             */
            events?: string[];
            /** @example https://example.org/hooks/tidegate */
            url?: string;
        };
        /**
         * WorldStatus
         * @description A demo world now.
         */
        WorldStatus: {
            /** @description whether its viewers are there; they are started anew where they are not. */
            crowd: boolean;
            /** @description what they receive, body bits per second. */
            egress_bps: number;
            hurts: components["schemas"]["Hurt"][];
            regions: components["schemas"]["RegionCrowd"][];
            /** @description whether there is one; the rest is empty where there is none. */
            running: boolean;
            viewers: number;
            /** @description who has come so far. */
            visits: number;
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
    createLiveClip: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                channel: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LiveClipCreate"];
            };
        };
        responses: {
            /** @description Document created, URL follows */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecordingView"];
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
    getPull: {
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
                    "application/json": components["schemas"]["PullView"];
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
    setPull: {
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
                "application/json": components["schemas"]["PullSet"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PullView"];
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
    removePull: {
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
    getSlate: {
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
                    "application/json": components["schemas"]["SlateView"];
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
    putSlatePicture: {
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
                    "application/json": components["schemas"]["SlateView"];
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
            /** @description Internal Server Error */
            500: {
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
    deleteSlatePicture: {
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
    previewSlate: {
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
                    "image/png": string;
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
            /** @description Internal Server Error */
            500: {
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
    listRecordings: {
        parameters: {
            query?: {
                /** @description Of this channel alone. */
                channel?: string;
                /** @description Clips of this recording alone. */
                source?: string;
            };
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
                    "application/json": components["schemas"]["RecordingList"];
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
    importRecordings: {
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
                    "application/json": components["schemas"]["RecordingList"];
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
    getRecording: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                recording: string;
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
                    "application/json": components["schemas"]["RecordingView"];
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
    deleteRecording: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                recording: string;
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
    updateRecording: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                recording: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RecordingUpdate"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecordingView"];
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
    createClip: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                recording: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ClipCreate"];
            };
        };
        responses: {
            /** @description Document created, URL follows */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecordingView"];
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
    listSettings: {
        parameters: {
            query?: {
                channel?: string;
                node?: string;
                cell?: string;
                region?: string;
            };
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
                    "application/json": components["schemas"]["SettingList"];
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
    diffSettings: {
        parameters: {
            query?: {
                name?: string | null;
                since?: number | null;
                until?: number | null;
                from_version?: number | null;
                to_version?: number | null;
            };
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
                    "application/json": components["schemas"]["SettingDiff"];
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
    listSettingHistory: {
        parameters: {
            query?: {
                before?: string;
                limit?: number;
            };
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
                    "application/json": components["schemas"]["SettingHistory"];
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
    getSetting: {
        parameters: {
            query?: {
                channel?: string;
                node?: string;
                cell?: string;
                region?: string;
            };
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
                    "application/json": components["schemas"]["SettingView"];
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
    putSetting: {
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
                "application/json": components["schemas"]["SettingPut"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SettingView"];
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
    resetSetting: {
        parameters: {
            query?: {
                reach?: "all" | "channel" | "node" | "cell" | "region";
                id?: string;
                version?: number | null;
                reason?: string;
            };
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
                    "application/json": components["schemas"]["SettingView"];
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
    releaseSetting: {
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
                "application/json": components["schemas"]["SettingRelease"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SettingView"];
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
    abortSetting: {
        parameters: {
            query?: {
                version?: number | null;
                reason?: string;
            };
            header?: never;
            path: {
                name: string;
                change: string;
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
                    "application/json": components["schemas"]["SettingView"];
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
    promoteSetting: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
                change: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SettingPromote"] | null;
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SettingView"];
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
    getSettingHistory: {
        parameters: {
            query?: {
                before?: string;
                limit?: number;
            };
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
                    "application/json": components["schemas"]["SettingHistory"];
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
    switchPublisher: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                channel: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SwitchRequest"];
            };
        };
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
    createViewerClip: {
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
        requestBody: {
            content: {
                "application/json": components["schemas"]["ViewerClipCreate"];
            };
        };
        responses: {
            /** @description Document created, URL follows */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WatchRecordingView"];
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
    getWatchRecording: {
        parameters: {
            query?: {
                token?: string;
            };
            header?: never;
            path: {
                channel: string;
                recording: string;
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
                    "application/json": components["schemas"]["WatchRecordingView"];
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
    listWebhooks: {
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
                    "application/json": components["schemas"]["WebhookList"];
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
    createWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WebhookCreate"];
            };
        };
        responses: {
            /** @description Document created, URL follows */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedWebhook"];
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
    listDeliveries: {
        parameters: {
            query?: {
                webhook?: string;
                only?: "" | "pending" | "delivered" | "failed";
                limit?: number;
            };
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
                    "application/json": components["schemas"]["DeliveryList"];
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
    replayDelivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                delivery: string;
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
                    "application/json": components["schemas"]["Delivery"];
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
    getHookSecret: {
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
                    "application/json": components["schemas"]["HookSecret"];
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
    removeWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                webhook: string;
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
    updateWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                webhook: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WebhookUpdate"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
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
    testWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                webhook: string;
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
                    "application/json": components["schemas"]["Delivery"];
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
    getWorld: {
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
                    "application/json": components["schemas"]["WorldStatus"];
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
    hurtWorld: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                what: string;
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
                    "application/json": components["schemas"]["WorldStatus"];
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
    healWorld: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                what: string;
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
                    "application/json": components["schemas"]["WorldStatus"];
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
        };
    };
}
