/** Every code a problem of this API may carry, and what it means. A test holds it against the server's own errors. */

export interface ProblemCode {
  code: string;
  status: number;
  meaning: string;
  next: string;
}

const code = (name: string, status: number, meaning: string, next: string): ProblemCode => ({
  code: name,
  status,
  meaning,
  next,
});

const AGAIN = "Ask again a little later.";

export const PROBLEM_CODES: readonly ProblemCode[] = [
  code("invalid", 400, "The content breaks a rule.", "`errors` names each field and its rule."),
  code(
    "bad-request",
    400,
    "The bytes are no request this server reads.",
    "Check the client or the proxy before it.",
  ),
  code("token-wish", 400, "A playback token cannot be made so.", "The problem's `detail` names the field."),
  code("origins-invalid", 400, "This is no list of web origins.", "Give them like https://www.example.org."),
  code(
    "public-key-invalid",
    400,
    "This is no public key that is taken.",
    "Give PEM: Ed25519, P-256 or RSA of 2048 bits and more.",
  ),
  code(
    "bad-store-address",
    400,
    "The address of the store cannot be used.",
    "Correct it in the configuration.",
  ),
  code("setting-value", 400, "The value breaks a bound of its setting.", "`hint` names the bound."),
  code(
    "setting-place",
    400,
    "The setting cannot have a value of its own there.",
    "`hint` says where it can.",
  ),
  code("setting-share", 400, "A change is released to over 0 and at most 1.", "Give a share such as 0.05."),
  code(
    "too-many-overrides",
    400,
    "The setting has 20,000 values of their own.",
    "Set it for a region or for all.",
  ),
  code("too-many-changes", 400, "The setting has 8 changes on their way.", "Promote or abort one of them."),
  code("history-range", 400, "This stretch or page of the history cannot be given.", "`hint` says why."),
  code(
    "sign-in-needed",
    401,
    "This needs a session or the admin token.",
    "Sign in, or send `Authorization: Bearer …`.",
  ),
  code(
    "session-ended",
    401,
    "The session has ended: it lasts 12 hours, or was signed out.",
    "Sign in again.",
  ),
  code("wrong-token", 401, "This is not the admin token.", "`tidegate status` says where it is kept."),
  code("unauthorized", 401, "Who asks is not known.", "Sign in, or send `Authorization: Bearer …`."),
  code("wrong-key", 401, "No channel has this stream key.", "Copy it anew, or rotate it in the studio."),
  code(
    "wrong-channel",
    401,
    "The stream key is another channel's.",
    "Publish to the channel the key was made for.",
  ),
  code(
    "token-needed",
    401,
    "The channel is private: playing it needs a token.",
    "Open the private link you were given.",
  ),
  code(
    "token-invalid",
    401,
    "This is no playback token, or none a known key has signed.",
    "Ask for a new link.",
  ),
  code("token-expired", 401, "The playback token has expired.", "Ask for a new link."),
  code(
    "token-not-yet-valid",
    401,
    "The playback token is not valid yet.",
    "Try again later, and compare the clocks.",
  ),
  code("forbidden", 403, "This may not be done.", "The problem's `detail` says why."),
  code(
    "csrf-header-missing",
    403,
    "A change by cookie lacks its header.",
    "Send `X-Tidegate: 1`, or use the token.",
  ),
  code(
    "token-wrong-channel",
    403,
    "The playback token is for another channel.",
    "Use this channel's own link.",
  ),
  code(
    "token-wrong-address",
    403,
    "The playback token was given to another address.",
    "Ask for a link for this address.",
  ),
  code("origin-refused", 403, "This page may not play this channel.", "Add its origin to playback.origins."),
  code("not-found", 404, "Nothing is at this address.", "Check the address against this reference."),
  code(
    "recording-not-found",
    404,
    "There is no recording of this id.",
    "List recordings; it may have been removed.",
  ),
  code("channel-not-found", 404, "There is no channel of this name.", "List channels, or create it."),
  code("signing-key-not-found", 404, "There is no signing key of this id.", "List them."),
  code("setting-not-found", 404, "There is no setting of this name.", "`near` has names that may be meant."),
  code(
    "change-not-found",
    404,
    "The setting has no such change on its way.",
    "Get the setting: it names them.",
  ),
  code(
    "method-not-allowed",
    405,
    "The address does not take this method.",
    "Check the method against this reference.",
  ),
  code(
    "recording-grows",
    409,
    "The recording's broadcast still runs.",
    "Wait for its end, or hang up on the publisher.",
  ),
  code("conflict", 409, "It does not fit what is there now.", "Read it again and decide anew."),
  code("signing-key-exists", 409, "This signing key is trusted already.", "Use it as it is."),
  code(
    "too-many-signing-keys",
    409,
    "There are as many signing keys as there may be.",
    "Remove one that is no longer used.",
  ),
  code("channel-exists", 409, "A channel has this name already.", "Choose another name."),
  code("duplicate-row", 409, "A row with this key exists already.", "Read it instead of creating it."),
  code("version-conflict", 409, "It was changed since it was read.", "Read it again and decide anew."),
  code(
    "setting-changed",
    409,
    "Someone changed it since it was read.",
    "`version` is what it has now; decide anew.",
  ),
  code("not-publishing", 409, "Nobody publishes to this channel now.", "There is nothing to stop."),
  code("too-large", 413, "The content is larger than this call takes.", "Send less."),
  code(
    "foreign-host",
    421,
    "The request names a host that is not this server's.",
    "Use an address the configuration names.",
  ),
  code(
    "too-many-requests",
    429,
    "This address asks for live objects more often than it may.",
    "Ask less often; `edge.requests_per_address_per_s` is the bound.",
  ),
  code(
    "too-many-connections",
    429,
    "This address opens more connections than it may.",
    "Keep them open and use them again.",
  ),
  code("rate-limited", 429, "Too many requests from this address.", AGAIN),
  code(
    "too-many-wrong-playback-tokens",
    429,
    "Too many wrong playback tokens from this address.",
    "Wait a minute, then use a right one.",
  ),
  code(
    "too-many-wrong-keys",
    429,
    "Too many wrong stream keys from this address.",
    "Wait a minute, then use the right key.",
  ),
  code(
    "too-many-wrong-tokens",
    429,
    "Too many wrong tokens from this address.",
    "Wait a minute, then use the right token.",
  ),
  code(
    "head-too-large",
    431,
    "The request's head is larger than any this server reads.",
    "Send fewer or smaller headers.",
  ),
  code(
    "internal",
    500,
    "The server made a mistake; its log has it.",
    "Look at `tidegate logs`, and report it.",
  ),
  code(
    "schema-too-new",
    500,
    "A newer release has written the database.",
    "Start that release, or a newer one.",
  ),
  code(
    "http-version",
    505,
    "The request's HTTP version is not spoken here.",
    "Use HTTP/1.1, or HTTP/2 through a front.",
  ),
  code("unavailable", 503, "Something this needs is away for now.", AGAIN),
  code(
    "not-ready",
    503,
    "The server is starting, stopping, or something it needs fails.",
    "`tidegate doctor` says what.",
  ),
  code("store-unavailable", 503, "The database does not answer in time.", AGAIN),
  code(
    "too-many-event-streams",
    503,
    "All places for followers of events are taken.",
    "Close one, or ask again later.",
  ),
  code(
    "bad-token-file",
    503,
    "The file that holds the admin token cannot be used.",
    "Put it right in the data folder.",
  ),
  code(
    "bad-secret-file",
    503,
    "A file that holds a secret cannot be used.",
    "Put it right in the data folder.",
  ),
  code(
    "bad-edge-token-file",
    503,
    "The file that holds the edge token holds none.",
    "Put it right in the data folder.",
  ),
  code(
    "channel-full",
    503,
    "The channel has as many viewers as it takes.",
    "Try again later, or raise playback.max_viewers.",
  ),
  code("storage-full", 507, "There is no room left for the database.", "Free space; it works again at once."),
];
