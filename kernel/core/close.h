/*
 * close - the close codes of the WebSocket, one table.
 *
 * The word is sent as the reason of the close frame. docs/errors.md is
 * generated from here. 44xx: the client must change something before it
 * connects again; 45xx: it may reconnect with back-off.
 *
 * Thread:  any (constants and pure functions)
 */
#ifndef KERNEL_CORE_CLOSE_H
#define KERNEL_CORE_CLOSE_H

#include <stdint.h>

// X(NAME, number, word, what happened, what the client should do)
#define CLOSE_CODES(X) \
    X(NORMAL, 1000, "normal", "The connection has done its work.", "Nothing.") \
    X(GOING_AWAY, 1001, "going_away", \
            "The server stops, or the page was left.", \
            "Reconnect after `reconnect_after_ms` of the `system.message` before it.") \
    X(PROTOCOL_ERROR, 1002, "protocol_error", \
            "A frame breaks the rules of the WebSocket or of its compression.", \
            "Do not send the same again.") \
    X(UNSUPPORTED_DATA, 1003, "unsupported_data", \
            "A binary message arrived where none is spoken.", \
            "Do not send the same again; send JSON in text messages.") \
    X(INVALID_UTF8, 1007, "invalid_utf8", \
            "A text message is not valid UTF-8.", \
            "Do not send the same again.") \
    X(TOO_LARGE, 1009, "too_large", \
            "A message is longer than `limits.message_bytes`, and than any " \
            "type of event may be.", \
            "Do not send the same again; split it.") \
    X(BAD_REQUEST, 4400, "bad_request", \
            "The connection request is malformed.", \
            "Stop: correct the request.") \
    X(UNAUTHENTICATED, 4401, "unauthenticated", \
            "The token is missing, malformed or not valid.", \
            "Stop: get a valid token first.") \
    X(FORBIDDEN, 4403, "forbidden", \
            "The user may not connect, or not as this `user_id`.", "Stop.") \
    X(NO_SUCH_ENDPOINT, 4404, "no_such_endpoint", \
            "There is no WebSocket at this path.", \
            "Stop: use the path of `listen.path`.") \
    X(AUTH_TIMEOUT, 4408, "auth_timeout", \
            "No valid token came within `auth.timeout`.", \
            "Stop: send the token with the request or as the first message.") \
    X(TOO_MANY_CONNECTIONS, 4409, "too_many_connections", \
            "The user opened more than `limits.connections_per_user`; " \
            "this was the oldest.", \
            "Stop: another session of the user took its place.") \
    X(TOKEN_EXPIRED, 4410, "token_expired", "The token's time is over.", \
            "Stop: get a fresh token first.") \
    X(SESSION_RESUMED, 4411, "session_resumed", \
            "The session was resumed on another connection.", \
            "Stop: the other connection has taken its place.") \
    X(SESSION_REVOKED, 4413, "session_revoked", \
            "An operator or a back end ended the session.", \
            "Stop: sign in again.") \
    X(ABUSE, 4429, "abuse", \
            "The client kept sending after it was refused " \
            "`limits.rate_violations` times.", \
            "Stop: send more slowly.") \
    X(INTERNAL, 4500, "internal", "The server made a mistake.", \
            "Reconnect with back-off.") \
    X(OVERLOADED, 4503, "overloaded", \
            "The server has too much to do for one more session; the error " \
            "before it names the setting.", \
            "Reconnect after `retry_after_ms` of the `error` before it.") \
    X(SLOW_CONSUMER, 4507, "slow_consumer", \
            "The client read too slowly: more than `limits.outbox_bytes` " \
            "were waiting for it.", \
            "Reconnect with back-off and resume: what was missed is sent.") \
    X(HEARTBEAT_TIMEOUT, 4508, "heartbeat_timeout", \
            "No sign of life came for `heartbeat.timeout`, or a message was " \
            "not complete within `limits.message_timeout`.", \
            "Reconnect with back-off.") \
    X(DRAINING, 4512, "draining", \
            "The server is being emptied before it stops.", \
            "Reconnect after `reconnect_after_ms` of the `system.message` before it.")

enum close_code {
#define CLOSE_CODE_ENUM_(name, number, word, meaning, action) \
    CLOSE_##name = (number),
    CLOSE_CODES(CLOSE_CODE_ENUM_)
#undef CLOSE_CODE_ENUM_
};

// The word of a code, "internal" for numbers this table does not have.
static inline const char *close_code_word(uint32_t code) {
    switch (code) {
#define CLOSE_CODE_WORD_(name, number, word, meaning, action) \
    case (number): \
        return word;
        CLOSE_CODES(CLOSE_CODE_WORD_)
#undef CLOSE_CODE_WORD_
    default:
        return "internal";
    }
}

#endif
