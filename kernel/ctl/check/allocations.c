#include "kernel/ctl/check/allocations.h"

#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

#ifdef SANITIZED

extern size_t __sanitizer_get_current_allocated_bytes(void);

int64_t allocations_bytes(void) {
    return (int64_t)__sanitizer_get_current_allocated_bytes();
}

#else

// The names, and those of the parameters, are the C library's.
// NOLINTBEGIN(readability-identifier-naming,bugprone-reserved-identifier)
// NOLINTBEGIN(cert-dcl37-c,readability-inconsistent-declaration-parameter-name)

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *memory);

// An allocator has no other place.
// NOLINTNEXTLINE(file-scope-variable): see above
static _Atomic int64_t bytes;

static void *count(void *memory) {
    atomic_fetch_add_explicit(
            &bytes, (int64_t)malloc_usable_size(memory), memory_order_relaxed);
    return memory;
}

static void forget(void *memory) {
    atomic_fetch_sub_explicit(
            &bytes, (int64_t)malloc_usable_size(memory), memory_order_relaxed);
}

// Seen by all that is loaded, which is the purpose.
#pragma GCC visibility push(default)

void *malloc(size_t size) {
    return count(__libc_malloc(size));
}

void *calloc(size_t number, size_t size) {
    return count(__libc_calloc(number, size));
}

void *realloc(void *old, size_t size) {
    size_t before = malloc_usable_size(old);
    void *memory = __libc_realloc(old, size);
    if (memory || size == 0) {
        atomic_fetch_sub_explicit(
                &bytes, (int64_t)before, memory_order_relaxed);
    }
    return count(memory);
}

void *reallocarray(void *old, size_t number, size_t size) {
    size_t total = 0;
    if (__builtin_mul_overflow(number, size, &total)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(old, total);
}

void *memalign(size_t alignment, size_t size) {
    return count(__libc_memalign(alignment, size));
}

void *aligned_alloc(size_t alignment, size_t size) {
    return count(__libc_memalign(alignment, size));
}

int posix_memalign(void **out, size_t alignment, size_t size) {
    if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0) {
        return EINVAL;
    }
    void *memory = memalign(alignment, size);
    if (!memory) {
        return ENOMEM;
    }
    *out = memory;
    return 0;
}

void free(void *memory) {
    forget(memory);
    __libc_free(memory);
}

#pragma GCC visibility pop

// NOLINTEND(cert-dcl37-c,readability-inconsistent-declaration-parameter-name)
// NOLINTEND(readability-identifier-naming,bugprone-reserved-identifier)

int64_t allocations_bytes(void) {
    return atomic_load_explicit(&bytes, memory_order_relaxed);
}

#endif
