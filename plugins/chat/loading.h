/*
 * loading - brings a conversation and its members into memory.
 *
 * Three steps, each from the completion of the one before: the conversation
 * itself, the position of its log, its members in pages. Afterwards, or when
 * a step fails, conversation_pump is called.
 *
 * Thread:  logic
 * Errors:  nx_status; after an error nothing was begun
 */
#ifndef PLUGINS_CHAT_LOADING_H
#define PLUGINS_CHAT_LOADING_H

#include <nexus/types.h>

struct conversation;

// The conversation must be in state NEW; it is LOADING afterwards.
nx_status loading_start(struct conversation *conv);

#endif
