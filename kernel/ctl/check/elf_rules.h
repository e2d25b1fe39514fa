/*
 * elf_rules - what can be said of a plugin's file before it is loaded.
 *
 * Thread:  any
 * Errors:  lines of the report
 */
#ifndef KERNEL_CTL_CHECK_ELF_RULES_H
#define KERNEL_CTL_CHECK_ELF_RULES_H

struct plugin_facts;
struct report;

void elf_rules_check(const struct plugin_facts *facts, struct report *report);

#endif
