/*
 * print - what a command says on stdout.
 *
 * Thread:  one
 * Errors:  exit codes of command.h
 */
#ifndef KERNEL_CTL_PRINT_H
#define KERNEL_CTL_PRINT_H

#include <jansson.h>

// Prints the object in JSON and gives it back. NULL is a failure.
int print_json(json_t *object);

// One "name  value" line.
void print_text(const char *name, const char *text);
void print_number(const char *name, const json_t *number);

#endif
