/*
 * memory_store - what the memory provider keeps, and what a request does.
 *
 * Logs, facts and dedupe keys under one ceiling of bytes: facts may take up
 * to a half of it, dedupe keys up to a quarter, and records have whatever
 * these leave.
 *
 * Owner:   struct memory
 * Thread:  that of the owner
 * Errors:  none returned; a request that fails is answered so
 */
#ifndef KERNEL_CORE_MEMORY_STORE_H
#define KERNEL_CORE_MEMORY_STORE_H

#include <stddef.h>

#include <nexus/provider.h>

#include "kernel/base/clock.h"
#include "kernel/core/memory.h"
#include "kernel/core/memory_queue.h"

#define MEMORY_ANSWER_MAX 1000 // records or facts in one answer

struct memory_store;

// NULL without memory.
struct memory_store *memory_store_create(
        const struct clock *clock, const struct memory_limits *limits);

// Accepts NULL.
void memory_store_destroy(struct memory_store *store);

// Executes a request and gives its answer, and before that its record, to the
// sink, which must not call anything here.
void memory_store_execute(struct memory_store *store,
        struct memory_request *request, const struct nx_provider_sink *sink);

// Frees up to `most` facts and as many dedupe keys past their ttl.
void memory_store_sweep(struct memory_store *store, size_t most);

// Fills in all but the members about the queue.
void memory_store_stats(
        const struct memory_store *store, struct memory_stats *stats);

#endif
