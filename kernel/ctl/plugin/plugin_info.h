/*
 * plugin_info - nexusctl plugin info: a plugin's file, without loading it.
 *
 * Owner:   nothing is kept
 * Thread:  one
 * Errors:  exit codes of command.h; the reason is on stderr
 */
#ifndef KERNEL_CTL_PLUGIN_PLUGIN_INFO_H
#define KERNEL_CTL_PLUGIN_PLUGIN_INFO_H

#include "kernel/ctl/options.h"

struct plugin_facts;
struct plugin_file;

int plugin_info(const struct ctl_options *options);

// The file of the argument and what it says; *code and a line on stderr when
// it is no plugin. plugin_info_close() after true.
bool plugin_info_open(const char *path, struct plugin_file *file,
        struct plugin_facts *facts, int *code);
void plugin_info_close(struct plugin_file *file, struct plugin_facts *facts);

#endif
