/*
 * elf_check - is this a whole shared object for this machine?
 *
 * Looks at headers only, before the dynamic linker does: a file cut short or
 * built for another machine is refused with a sentence, where dlopen() would
 * crash or speak in riddles.
 *
 * Thread:  any
 * Errors:  a half sentence such as "is cut short; ...", NULL when all is well
 */
#ifndef KERNEL_CORE_ELF_CHECK_H
#define KERNEL_CORE_ELF_CHECK_H

#include <stddef.h>

const char *elf_check(const void *data, size_t size);

#endif
