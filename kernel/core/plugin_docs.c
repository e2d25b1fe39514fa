#include "kernel/core/plugin_docs.h"

#include <stdlib.h>

#include "kernel/core/json_doc.h"
#include "kernel/core/writer.h"

#define FREE_MAX 8u

struct plugin_doc {
    struct nx_list link; // struct plugin_docs::used or free
    struct json_doc doc;
};

void plugin_docs_init(struct plugin_docs *docs) {
    *docs = (struct plugin_docs){0};
    nx_list_init(&docs->used);
    nx_list_init(&docs->free);
}

static struct plugin_doc *doc_of(struct nx_list *link) {
    return nx_container_of(link, struct plugin_doc, link);
}

static void free_doc(struct plugin_doc *doc) {
    json_doc_finish(&doc->doc);
    free(doc);
}

void plugin_docs_finish(struct plugin_docs *docs) {
    plugin_docs_clear(docs);
    struct nx_list *link;
    while ((link = nx_list_take_first(&docs->free)) != NULL) {
        free_doc(doc_of(link));
    }
    docs->free_count = 0;
}

static struct plugin_doc *take_doc(struct plugin_docs *docs) {
    struct nx_list *link = nx_list_take_first(&docs->free);
    if (link) {
        docs->free_count--;
        return doc_of(link);
    }
    struct plugin_doc *doc = calloc(1, sizeof(*doc));
    if (doc) {
        nx_list_init(&doc->link);
        json_doc_init(&doc->doc);
    }
    return doc;
}

static void give_back(struct plugin_docs *docs, struct plugin_doc *doc) {
    if (docs->free_count >= FREE_MAX) {
        free_doc(doc);
        return;
    }
    json_doc_clear(&doc->doc);
    nx_list_append(&docs->free, &doc->link);
    docs->free_count++;
}

enum nx_err plugin_docs_parse(struct plugin_docs *docs, struct writers *writers,
        struct nx_str text, const struct nx_json **root) {
    if (docs->used_count >= PLUGIN_DOCS_MAX
            || text.len > PLUGIN_DOCS_BYTES - docs->used_bytes) {
        return NX_ERR_LIMIT;
    }
    struct plugin_doc *doc = take_doc(docs);
    if (!doc) {
        return NX_ERR_NO_MEMORY;
    }
    enum nx_err status = json_doc_parse_copy(
            &doc->doc, text.ptr, text.len, JSON_DOC_DEPTH_MAX);
    if (status != NX_OK) {
        give_back(docs, doc);
        return status;
    }
    writers_add_doc(writers, &doc->doc);
    nx_list_append(&docs->used, &doc->link);
    docs->used_count++;
    docs->used_bytes += text.len;
    *root = json_doc_root(&doc->doc);
    return NX_OK;
}

void plugin_docs_clear(struct plugin_docs *docs) {
    struct nx_list *link;
    while ((link = nx_list_take_first(&docs->used)) != NULL) {
        give_back(docs, doc_of(link));
    }
    docs->used_count = 0;
    docs->used_bytes = 0;
}
