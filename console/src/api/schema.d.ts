// Made from the API's OpenAPI description by `npm run schema`. Do not edit.

export interface paths {
    "/api/v1/alerts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List alerts
         * @description What is wrong, for whom, since when, and what to do; and what was, for 30 days. Up to 500.
         */
        get: operations["listAlerts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/alerts/rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List rules
         * @description The release's rules and the operator's own, with what each has found.
         */
        get: operations["listAlertRules"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/alerts/rules/{rule}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a rule
         * @description One rule as it is in effect.
         */
        get: operations["getAlertRule"];
        /**
         * Keep a rule
         * @description A rule of one's own, or one in place of the release's. In effect in the next round, on whichever node evaluates.
         */
        put: operations["putAlertRule"];
        post?: never;
        /**
         * Take a rule back
         * @description The release's rule of this name is in effect again, if there is one.
         */
        delete: operations["removeAlertRule"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/alerts/silences": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List silences
         * @description What is not told now, by whose word and until when.
         */
        get: operations["listAlertSilences"];
        put?: never;
        /**
         * Silence alerts
         * @description Alerts that match are found and shown, and not told until it ends; what fires then is told then.
         */
        post: operations["createAlertSilence"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/alerts/silences/{silence}": {
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
         * End a silence
         * @description Alerts are told again.
         */
        delete: operations["removeAlertSilence"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/alerts/{alert}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get an alert
         * @description One alert with its slices.
         */
        get: operations["getAlert"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/alerts/{alert}/acknowledge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take an alert on
         * @description Others see who looks after it. If it still fires when that has run out, it is told once more.
         */
        post: operations["acknowledgeAlert"];
        /**
         * Give an alert back
         * @description Nobody looks after it any more.
         */
        delete: operations["withdrawAcknowledgement"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/alerts/{alert}/silence": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Silence an alert
         * @description Its rule in its slice: a short way to a silence of its own.
         */
        post: operations["silenceAlert"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
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
    "/api/v1/indicators": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List indicators
         * @description Every indicator with its unit, what it means and when to worry.
         */
        get: operations["listIndicators"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/indicators/query": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask for indicators
         * @description Numbers over a range, as one or step by step, by dimensions, of a slice. The answer says which queries gave them.
         */
        post: operations["queryIndicators"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/indicators/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get an indicator
         * @description One indicator: what it means, how it is reckoned, by what it may be asked.
         */
        get: operations["getIndicator"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/logs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Search the log
         * @description Lines of every node, newest first. `level` is this and everything graver; `before` is `next` of the page before.
         */
        get: operations["searchLogs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/logs/tail": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow the log
         * @description Server-sent events: lines of this node from now on, within a second, also while telemetry is away.
         */
        get: operations["followLogs"];
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
    "/api/v1/playback-sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List playback sessions
         * @description A row for each viewer's playback: startup, time watched and waited, latency, bitrate, and why it ended.
         */
        get: operations["listPlaybackSessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/playback-sessions/{session}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a playback session
         * @description One viewer's whole story: the session and its player's reports in order.
         */
        get: operations["getPlaybackSession"];
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
    "/api/v1/streams/{channel}/advice": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get advice for a stream
         * @description What is wrong with a stream in plain sentences, each with its fix, the number it rests on and the chart that shows it.
         */
        get: operations["getStreamAdvice"];
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
    "/api/v1/webhooks/{webhook}/rotate-secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give a webhook a new secret
         * @description The new secret is in this answer only. Until the grace is over requests carry two signatures, so that a receiver
         *     verifies them with either.
         */
        post: operations["rotateWebhookSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
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
         * Absent
         * @description Bad while there are no data where some are expected.
         */
        Absent: {
            /** @constant */
            kind: "absent";
        };
        /**
         * Acknowledgement
         * @description Somebody has taken it on. Past `until` (0: never) a firing alert is told once more.
         */
        Acknowledgement: {
            at: number;
            note: string;
            until: number;
            who: string;
        };
        /**
         * Advice
         * @description One thing that is wrong, and what to do.
         */
        Advice: {
            /**
             * @description where it shows.
             * @enum {string}
             */
            chart: "download" | "bitrate" | "errors" | "latency";
            /** @description stable, such as `uplink-slow`. */
            code: string;
            fix: string;
            /** @description what `value` is of; empty where it is of the stream's status. */
            indicator: string;
            /** @description in `unit`; null where there is none. */
            limit: number | null;
            sentence: string;
            /** @enum {string} */
            severity: "error" | "warning" | "info";
            unit: string;
            /** @description in `unit`; null where there is none. */
            value: number | null;
        };
        /**
         * Alert
         * @description What one rule found in slices alike: one alert, however many they are and however often it is looked.
         */
        Alert: {
            acknowledged: components["schemas"]["Acknowledgement"] | null;
            /** @description when it was last looked at with success. */
            checked_at: number;
            /** @description why it is over, where that is not that all is fine. */
            ended: string;
            fired_at: number;
            fix: string;
            flapping: boolean;
            /** @description the same for the same rule and slice, for good. */
            id: string;
            indicator: string;
            /** @description of the worst. */
            limit: number | null;
            /** @description into the console, path and query. `query`: what its value can be asked for again by. */
            link: string;
            /** @description slices that are bad, worst first; `more` beyond those kept. */
            members: components["schemas"]["AlertMember"][];
            more: number;
            /** @description its worst member has no data now. */
            no_data: boolean;
            /** @description when it fired, of the last times; `flapping`: so often that its end is waited for longer. */
            opened: number[];
            query: components["schemas"]["RunQuery"] | null;
            reminded: boolean;
            resolved_at: number;
            rule: string;
            /** @description of the worst. */
            sentence: string;
            /** @enum {string} */
            severity: "error" | "warning" | "info";
            /** @description the silence that keeps it from being told, until `silenced_until`; empty and 0 where none does. */
            silenced_by: string;
            silenced_until: number;
            /** @description when it was first seen bad. `fired_at`, `resolved_at`: 0 where not, or not yet. */
            since: number;
            /** @description what its members have in common. */
            slice: {
                [key: string]: string;
            };
            /** @enum {string} */
            state: "pending" | "firing" | "resolved";
            title: string;
            /** @description whether receivers know that it fires. `reminded`: they were told again, an acknowledgement having run out. */
            told: boolean;
            unit: string;
            /** @description of the worst. */
            value: number | null;
        };
        /**
         * AlertAcknowledge
         * @description Taking an alert on.
         */
        AlertAcknowledge: {
            /**
             * @description if it still fires after so many seconds, it is told once more; 0: never.
             * @default 0
             * @example 3600
             */
            for_s: number;
            /** @default  */
            note: string;
            /**
             * @description Who does it; empty: whoever is signed in.
             * @default
             * @example ann
             */
            who: string;
        };
        /**
         * AlertList
         * @description Alerts, the one that changed last first.
         */
        AlertList: {
            evaluator: components["schemas"]["EvaluatorStatus"];
            items: components["schemas"]["Alert"][];
        };
        /**
         * AlertMember
         * @description One slice of an alert.
         */
        AlertMember: {
            /** @description since when it is fine again, while that is too short to be over; 0 while bad. */
            fine_since: number;
            fired_at: number;
            /** @description as it was last bad, in the indicator's unit; null where there were no data, or the rule has no limit. */
            limit: number | null;
            /** @description when there were data last. */
            seen_at: number;
            /** @description when it was first seen bad; `fired_at` when that had lasted for long enough, 0 while pending. */
            since: number;
            slice: {
                [key: string]: string;
            };
            /** @description as it was last bad, in the indicator's unit; null where there were no data, or the rule has no limit. */
            value: number | null;
        };
        /**
         * AlertRule
         * @description One thing to look out for.
         */
        AlertRule: {
            by: string[];
            /** @description so long it must be fine before the alert is over. */
            calm_s: number;
            condition: components["schemas"]["Threshold"] | components["schemas"]["Rate"] | components["schemas"]["Band"] | components["schemas"]["Absent"];
            enabled: boolean;
            /** @description without a guard, a slice is expected to have data when it had some in so many seconds. */
            expect_s: number;
            /** @description what to do about it. */
            fix: string;
            /** @description so long it must be bad before the alert fires. */
            for_s: number;
            /** @description a part of `by`: slices alike in these become one alert. */
            group: string[];
            guard: components["schemas"]["Guard"] | null;
            /** @description whose value is looked at, over the last `window_s`, for each slice of `by`. */
            indicator: string;
            name: string;
            /** @enum {string} */
            no_data: "ok" | "keep" | "fire";
            /** @description with `{value}`, `{limit}` and `{slice}`. */
            sentence: string;
            /** @enum {string} */
            severity: "error" | "warning" | "info";
            title: string;
            /** @description only these values of a dimension. */
            where: {
                [key: string]: string[];
            };
            window_s: number;
        };
        /**
         * AlertRuleList
         * @description Every rule, by name.
         */
        AlertRuleList: {
            items: components["schemas"]["RuleStatus"][];
        };
        /**
         * AlertSilence
         * @description Alerts that match are not told until then. They are still found and shown.
         */
        AlertSilence: {
            at: number;
            id: string;
            reason: string;
            /** @description the one it is about; empty: all. */
            rule: string;
            /** @description values an alert, or each of its members, must have. */
            slice: {
                [key: string]: string;
            };
            until: number;
            who: string;
        };
        /**
         * AlertSilenceCreate
         * @description What is not to be told for a while.
         */
        AlertSilenceCreate: {
            /** @example 3600 */
            for_s: number;
            /** @default  */
            reason: string;
            /**
             * @description the one it is about; empty: all.
             * @default
             * @example rebuffering
             */
            rule: string;
            /**
             * @description values an alert, or each of its slices, must have.
             * @example {
             *       "channel": "demo"
             *     }
             */
            slice?: {
                [key: string]: string;
            };
            /**
             * @description Who does it; empty: whoever is signed in.
             * @default
             * @example ann
             */
            who: string;
        };
        /**
         * AlertSilenceForSeconds
         * @description Silencing what is like one alert, for so many seconds.
         */
        AlertSilenceForSeconds: {
            /** @example 3600 */
            for_s: number;
            /** @default  */
            reason: string;
            /**
             * @description Who does it; empty: whoever is signed in.
             * @default
             * @example ann
             */
            who: string;
        };
        /**
         * AlertSilenceList
         * @description Silences that still last, oldest first.
         */
        AlertSilenceList: {
            items: components["schemas"]["AlertSilence"][];
        };
        /**
         * AnswerColumn
         * @description `time`: seconds since the Unix epoch, where a step begins. `unit` is the indicator's; empty for dimensions.
         */
        AnswerColumn: {
            name: string;
            /** @enum {string} */
            type: "time" | "text" | "number";
            unit: string;
        };
        /**
         * Band
         * @description Bad while the value is outside of what it was at the same time on the days, or weeks, before.
         */
        Band: {
            /**
             * @description fine again inside of this narrower band.
             * @default 3
             */
            clear_width: number;
            /**
             * @default day
             * @enum {string}
             */
            every: "day" | "week";
            /** @default 0 */
            floor: number;
            /** @constant */
            kind: "band";
            /** @default 4 */
            minimum: number;
            /**
             * @description how many days or weeks are looked at; `minimum` of them must have data, else nothing is said.
             * @default 7
             */
            periods: number;
            /** @enum {string} */
            side: "above" | "below" | "both";
            /** @default 4 */
            width: number;
        };
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
         * EvaluatorStatus
         * @description Who looks at the rules.
         */
        EvaluatorStatus: {
            at: number;
            /** @description it is the node that answers; only then `at` (of the last round), `seconds` and `problems` are known. */
            here: boolean;
            /** @description region and node. */
            holder: string;
            /** @description why a rule could not be looked at, by rule. */
            problems: {
                [key: string]: string;
            };
            seconds: number;
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
         * Guard
         * @description Only slices in which this other indicator is at least so much are looked at, and only they are expected to have data.
         */
        Guard: {
            at_least: number;
            indicator: string;
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
         * IndicatorAnswer
         * @description Columns in order: `at` where there are steps, the dimensions, then the indicators.
         */
        IndicatorAnswer: {
            columns: components["schemas"]["AnswerColumn"][];
            from: number;
            /** @description there may be more groups than `limit`. */
            more: boolean;
            /** @description what was run. */
            queries: components["schemas"]["RunQuery"][];
            /** @description a number is null where there are no data; a step or group without any has no row. Ordered by `at` where there are steps, else by what is most behind a group. */
            rows: unknown[][];
            step_s: number;
            to: number;
        };
        /**
         * IndicatorList
         * @description Every indicator, by group.
         */
        IndicatorList: {
            items: components["schemas"]["IndicatorView"][];
        };
        /**
         * IndicatorQuery
         * @description Which indicators, of when, by what.
         */
        IndicatorQuery: {
            /** @description dimensions to group by. */
            by?: string[];
            /**
             * @description Seconds since the Unix epoch.
             * @example 1764000000
             */
            from: number;
            indicators: string[];
            /**
             * @description at most so many groups: those with most behind them.
             * @default 100
             */
            limit: number;
            /**
             * @description answer numerator and denominator too, as `NAME.numerator` and `NAME.denominator`.
             * @default false
             */
            parts: boolean;
            /**
             * @description 0: one number over the whole range; else a series of such steps, aligned to the epoch.
             * @default 0
             */
            step_s: number;
            /**
             * @description Seconds since the Unix epoch.
             * @example 1764000000
             */
            to: number;
            /** @description only these values of a dimension. */
            where?: {
                [key: string]: string[];
            };
        };
        /**
         * IndicatorView
         * @description A named formula over facts.
         */
        IndicatorView: {
            /** @description what it may be asked by, and narrowed to. */
            dimensions: string[];
            /**
             * @description which way is better; `none`: neither is.
             * @enum {string}
             */
            direction: "up" | "down" | "none";
            /** @description how it is reckoned, as it is declared. */
            formula: string;
            /** @enum {string} */
            group: "viewers" | "delivery" | "supply" | "nodes" | "economics" | "telemetry";
            name: string;
            /**
             * @description the domain that answers for it.
             * @enum {string}
             */
            owner: "playback" | "delivery" | "media" | "node" | "governance" | "telemetry";
            /** @description what it means. */
            sentence: string;
            /** @description the facts it is made of. */
            tables: string[];
            title: string;
            /** @description `ratio` is 0 to 1, shown as per cent; money is in the currency that is set. */
            unit: string;
            /** @description when to worry. */
            worry: string;
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
         * LogFact
         * @description One structured log line.
         */
        LogFact: {
            arms: string[];
            at: number;
            channel: string;
            /** @description the line's name, such as `publisher_connected`. */
            event: string;
            /** @description everything else the line says, a JSON object. */
            fields: string;
            /** @description `debug`, `info`, `warning`, `error` or `critical`. */
            level: string;
            /** @description which part of the code wrote it. */
            logger: string;
            /** @description the whole line in one text, `event key=value …`, for text search. */
            message: string;
            node: string;
            region: string;
            session: string;
            stream: string;
        };
        /**
         * LogPage
         * @description Lines, newest first.
         */
        LogPage: {
            items: components["schemas"]["LogFact"][];
            /** @description given as `before`, asks for older lines; empty where there are none. */
            next: string;
            params: {
                [key: string]: unknown;
            };
            /** @description the query that found them, with `params`. */
            sql: string;
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
         * PlaybackReport
         * @description One report within a session's story; see `core.facts.PlaybackFact`.
         */
        PlaybackReport: {
            at: number;
            bitrate_bps: number | null;
            buffer_s: number | null;
            dropped_frames: number;
            error: string;
            /** @enum {string} */
            event: "beat" | "state" | "bitrate" | "error" | "response";
            exit: string;
            frames: number;
            interval_s: number;
            joined: number;
            latency_s: number | null;
            node: string;
            playback_rate: number | null;
            rebuffer_s: number;
            rebuffers: number;
            received_at: number;
            region: string;
            rendition: string;
            request_s: number | null;
            request_status: number;
            seq: number;
            started: number;
            startup_s: number | null;
            /** @enum {string} */
            state: "preloading" | "starting" | "playing" | "seeking" | "rebuffering" | "paused" | "waiting" | "ended" | "failed" | "quit";
            switches: number;
            throughput_bps: number | null;
            top_bitrate_bps: number | null;
            watched_s: number;
        };
        /**
         * PlaybackSession
         * @description One playback session, as far as it has gone.
         */
        PlaybackSession: {
            /** @description averages; null where the player said nothing. */
            bitrate_bps: number | null;
            channel: string;
            device: string;
            dropped_frames: number;
            /** @description the last one. */
            error: string;
            errors: number;
            exit: string;
            frames: number;
            /** @description first and last heard of, seconds since the Unix epoch. */
            joined_at: number;
            /** @description first and last heard of, seconds since the Unix epoch. */
            last_at: number;
            /** @description averages; null where the player said nothing. */
            latency_s: number | null;
            network: string;
            node: string;
            player: string;
            player_version: string;
            /** @description time spent playing, and waiting for the buffer. */
            rebuffer_s: number;
            rebuffers: number;
            region: string;
            rendition: string;
            /** @description facts it is made of. */
            reports: number;
            /** @description its id (CMCD `sid`). */
            session: string;
            /** @description from the wish to play to the first picture; null where none came. */
            startup_s: number | null;
            /** @description the player's last one; `exit`: why it is over, empty while it runs. */
            state: string;
            stream: string;
            switches: number;
            /** @description averages; null where the player said nothing. */
            throughput_bps: number | null;
            /** @description time spent playing, and waiting for the buffer. */
            watched_s: number;
        };
        /**
         * PlaybackSessionList
         * @description The sessions asked for, in the order asked for.
         */
        PlaybackSessionList: {
            items: components["schemas"]["PlaybackSession"][];
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
         * Rate
         * @description Bad while the value is `rises_by` above, or `falls_by` below, what it was `over_s` earlier, as a share of that.
         */
        Rate: {
            /** @description the change at which it is fine again, likewise a share; less than the other. */
            clear?: number | null;
            falls_by?: number | null;
            /** @constant */
            kind: "rate";
            /** @default 600 */
            over_s: number;
            rises_by?: number | null;
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
         * RuleBody
         * @description All of a rule but its name.
         */
        RuleBody: {
            /** @default [] */
            by: string[];
            /**
             * @description so long it must be fine before the alert is over.
             * @default 60
             */
            calm_s: number;
            condition: components["schemas"]["Threshold"] | components["schemas"]["Rate"] | components["schemas"]["Band"] | components["schemas"]["Absent"];
            /** @default true */
            enabled: boolean;
            /**
             * @description without a guard, a slice is expected to have data when it had some in so many seconds.
             * @default 3600
             */
            expect_s: number;
            /** @description what to do about it. */
            fix: string;
            /**
             * @description so long it must be bad before the alert fires.
             * @default 60
             */
            for_s: number;
            /**
             * @description a part of `by`: slices alike in these become one alert.
             * @default []
             */
            group: string[];
            guard?: components["schemas"]["Guard"] | null;
            /** @description whose value is looked at, over the last `window_s`, for each slice of `by`. */
            indicator: string;
            /** @enum {string} */
            no_data: "ok" | "keep" | "fire";
            /** @description with `{value}`, `{limit}` and `{slice}`. */
            sentence: string;
            /** @enum {string} */
            severity: "error" | "warning" | "info";
            title: string;
            /** @description only these values of a dimension. */
            where?: {
                [key: string]: string[];
            };
            /** @default 60 */
            window_s: number;
        };
        /**
         * RuleStatus
         * @description A rule as it is in effect.
         */
        RuleStatus: {
            /** @description alerts of it now. */
            firing: number;
            /**
             * @description `release`: as it came · `changed`: the operator's, in place of the release's · `own`: the operator's alone.
             * @enum {string}
             */
            origin: "release" | "changed" | "own";
            /** @description alerts of it now. */
            pending: number;
            /** @description why it could not be looked at last time; empty where it could. */
            problem: string;
            rule: components["schemas"]["AlertRule"];
        };
        /**
         * RunQuery
         * @description One query that was run: every number can be asked for again by it.
         */
        RunQuery: {
            indicators: string[];
            params: {
                [key: string]: string | number | boolean | string[];
            };
            sql: string;
            table: string;
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
         * SecretRotate
         * @description How a new secret takes the old one's place.
         */
        SecretRotate: {
            /** @description Seconds for which requests carry the old secret's signature too; 0: it counts no more. */
            grace_s: number;
        };
        /**
         * SessionStory
         * @description A session and its reports in order; the newest `queries.REPORTS_MAX` of them.
         */
        SessionStory: {
            facts: components["schemas"]["PlaybackReport"][];
            session: components["schemas"]["PlaybackSession"];
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
         * StreamAdvice
         * @description All advice for one stream, worst first.
         */
        StreamAdvice: {
            /** @description why some of it may be missing; empty where it is not. */
            incomplete: string;
            items: components["schemas"]["Advice"][];
            /** @description the numbers are of the time from then, seconds since the Unix epoch, to `until`. */
            since: number;
            until: number;
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
         * Threshold
         * @description Bad while the value is over `above`, or under `below`; fine again only past `clear` (hysteresis).
         */
        Threshold: {
            above?: number | null;
            below?: number | null;
            clear?: number | null;
            /** @constant */
            kind: "threshold";
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
            /** @description requests carry the signature of the secret before this one too until then, seconds since the Unix epoch; 0: there is none. */
            old_secret_until: number;
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
    listAlerts: {
        parameters: {
            query?: {
                only?: "" | "open" | "firing" | "pending" | "resolved";
                rule?: string;
                severity?: "error" | "warning" | "info" | null;
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
                    "application/json": components["schemas"]["AlertList"];
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
    listAlertRules: {
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
                    "application/json": components["schemas"]["AlertRuleList"];
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
    getAlertRule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                rule: string;
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
                    "application/json": components["schemas"]["RuleStatus"];
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
    putAlertRule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                rule: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RuleBody"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RuleStatus"];
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
    removeAlertRule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                rule: string;
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
    listAlertSilences: {
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
                    "application/json": components["schemas"]["AlertSilenceList"];
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
    createAlertSilence: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AlertSilenceCreate"];
            };
        };
        responses: {
            /** @description Document created, URL follows */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AlertSilence"];
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
    removeAlertSilence: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                silence: string;
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
    getAlert: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                alert: string;
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
                    "application/json": components["schemas"]["Alert"];
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
    acknowledgeAlert: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                alert: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AlertAcknowledge"] | null;
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Alert"];
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
    withdrawAcknowledgement: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                alert: string;
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
                    "application/json": components["schemas"]["Alert"];
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
    silenceAlert: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                alert: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AlertSilenceForSeconds"];
            };
        };
        responses: {
            /** @description Document created, URL follows */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AlertSilence"];
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
    listIndicators: {
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
                    "application/json": components["schemas"]["IndicatorList"];
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
    queryIndicators: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["IndicatorQuery"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IndicatorAnswer"];
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
            /** @description Unprocessable Entity */
            422: {
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
    getIndicator: {
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
                    "application/json": components["schemas"]["IndicatorView"];
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
    searchLogs: {
        parameters: {
            query?: {
                /** @description Words that a line must all have; "a phrase"; key=value; begin*; -without. */
                q?: string;
                level?: "debug" | "info" | "warning" | "error" | "critical" | null;
                channel?: string;
                session?: string;
                node?: string;
                region?: string;
                /** @description Seconds since the Unix epoch; a day ago. */
                from?: number | null;
                to?: number | null;
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
                    "application/json": components["schemas"]["LogPage"];
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
            /** @description Unprocessable Entity */
            422: {
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
    followLogs: {
        parameters: {
            query?: {
                /** @description Words that a line must all have; "a phrase"; key=value; begin*; -without. */
                q?: string;
                level?: "debug" | "info" | "warning" | "error" | "critical" | null;
                channel?: string;
                session?: string;
                node?: string;
                region?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description `event: log` with a LogFact as `data`, as lines are made; `event: missed` with how many `lines` a client that was too slow has lost; a comment every 15 s. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": unknown;
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
    listPlaybackSessions: {
        parameters: {
            query?: {
                /** @description Heard of since, s since the epoch; 0: the last hour. */
                from?: number;
                /** @description Begun before, s since the epoch; 0: now. */
                to?: number;
                /** @description Of this one alone. */
                channel?: string;
                /** @description Of this one alone. */
                region?: string;
                /** @description Of this one alone. */
                device?: string;
                /** @description Whose player is in this state. */
                state?: string;
                /** @description Over for this reason. */
                exit?: string;
                /** @description Most of it first: newest, last, rebuffer, startup, watched, latency, errors. */
                order?: string;
                /** @description 1 to 1000. */
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
                    "application/json": components["schemas"]["PlaybackSessionList"];
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
            /** @description Unprocessable Entity */
            422: {
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
    getPlaybackSession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session: string;
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
                    "application/json": components["schemas"]["SessionStory"];
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
            /** @description Unprocessable Entity */
            422: {
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
    getStreamAdvice: {
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
                    "application/json": components["schemas"]["StreamAdvice"];
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
    rotateWebhookSecret: {
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
                "application/json": components["schemas"]["SecretRotate"];
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
