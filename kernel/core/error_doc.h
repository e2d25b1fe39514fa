/*
 * error_doc - docs/errors.md, out of NX_ERRORS and CLOSE_CODES.
 *
 * Thread:  any
 * Errors:  those of the stream
 */
#ifndef KERNEL_CORE_ERROR_DOC_H
#define KERNEL_CORE_ERROR_DOC_H

#include <stdio.h>

void error_doc_write(FILE *out);

#endif
