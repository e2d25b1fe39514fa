/*
 * handlers - the functions that answer the chat's events.
 *
 * Each is a request_fn and lives in the file of its prefix; what it takes
 * and answers is in docs/chat.md.
 *
 * Thread:  logic
 */
#ifndef PLUGINS_CHAT_HANDLERS_H
#define PLUGINS_CHAT_HANDLERS_H

#include "plugins/chat/request.h"

int32_t message_send(const struct request *request, struct conversation *conv,
        struct member *self);
int32_t edit_send(const struct request *request, struct conversation *conv,
        struct member *self);
int32_t edit_delete(const struct request *request, struct conversation *conv,
        struct member *self);
int32_t typing_handle(const struct request *request, struct conversation *conv,
        struct member *self);
int32_t read_mark(const struct request *request, struct conversation *conv,
        struct member *self);
int32_t receipt_mark(const struct request *request, struct conversation *conv,
        struct member *self);
int32_t history_get(const struct request *request, struct conversation *conv,
        struct member *self);
int32_t changes_get(const struct request *request, struct conversation *conv,
        struct member *self);
int32_t join_handle(const struct request *request, struct conversation *conv,
        struct member *self);
int32_t roster_leave(const struct request *request, struct conversation *conv,
        struct member *self);
int32_t roster_list(const struct request *request, struct conversation *conv,
        struct member *self);
int32_t roster_invite(const struct request *request, struct conversation *conv,
        struct member *self);
int32_t list_get(const struct request *request, struct conversation *conv,
        struct member *self);

#endif
