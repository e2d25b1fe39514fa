#include "kernel/net/extension.h"

#include <libwebsockets.h>
#include <stdio.h>
#include <string.h>

#include "kernel/core/settings.h"

#define LIST_MAX   254 // that libwebsockets reads
#define LINE_END   "\r\n"
#define ANSWER_MAX 128

// The parameters are ours to write: it knows none.
static const struct lws_ext_options no_options[] = {{NULL, EXTARG_NONE}};

// NOLINTNEXTLINE(readability-function-size): libwebsockets' type
static int pass_through(struct lws_context *context,
        const struct lws_extension *ext, struct lws *wsi,
        enum lws_extension_callback_reasons reason, void *user, void *in,
        size_t len) {
    if (reason == LWS_EXT_CB_CONSTRUCT && in) {
        *(const struct lws_ext_options **)in = no_options;
    }
    return 0; // "unknown": what goes in comes out
}

const struct lws_extension *extension_list(void) {
    static const struct lws_extension list[] = {
            {DEFLATE_OFFER_NAME, pass_through, NULL},
            {NULL, NULL, NULL},
    };
    return list;
}

bool extension_begin(struct extension *extension, struct lws *wsi,
        const struct settings *settings) {
    char list[LIST_MAX + 1];
    *extension = (struct extension){
            .wsi = wsi, .window_bits = (int)settings->deflate_window_bits};
    if (lws_hdr_copy(wsi, list, sizeof(list), WSI_TOKEN_EXTENSIONS) < 0) {
        return false;
    }
    if (settings->deflate_enabled) {
        deflate_offer_read(&extension->offer, list, extension->window_bits);
    }
    return true;
}

// Once it has a yes it ends the connection when the name comes again, so the
// yes is to the last one, whichever version was meant.
int extension_confirm(struct extension *extension, const struct lws *wsi) {
    if (extension->wsi != wsi || !extension->offer.agreed
            || ++extension->asked != extension->offer.names) {
        return 1;
    }
    extension->on = true;
    return 0;
}

int extension_answer(const struct extension *extension, const struct lws *wsi,
        struct lws_process_html_args *args) {
    static const char written[] = DEFLATE_OFFER_NAME LINE_END;
    size_t len = strlen(written);
    char text[ANSWER_MAX];
    if (!extension_is_on(extension, wsi)) {
        return 0;
    }
    // Appending to its line means going back over the end of that.
    if (memcmp(args->p - len, written, len) != 0
            || !deflate_offer_answer(&extension->offer, extension->window_bits,
                    text, sizeof(text))
            || strlen(text) >= (size_t)args->max_len) {
        return -1;
    }
    args->p -= strlen(LINE_END);
    args->p += snprintf(args->p, (size_t)args->max_len, "%s" LINE_END, text);
    return 0;
}

bool extension_is_on(const struct extension *extension, const struct lws *wsi) {
    return extension->on && extension->wsi == wsi;
}
