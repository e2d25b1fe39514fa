/*
 * template - the files of a new plugin, with places for its names.
 *
 * They lie in sdk/template/ and are built into the program. In texts and names
 * of files @NAME@ and its like are replaced; a file name's "name" is the
 * plugin's, its ".in" falls off.
 *
 * Owner:   the texts are constants
 * Thread:  any
 * Errors:  false without memory
 */
#ifndef KERNEL_CTL_PLUGIN_TEMPLATE_H
#define KERNEL_CTL_PLUGIN_TEMPLATE_H

#include <stdbool.h>

#include <nexus/util/buf.h>

// "common/name_test.c.in" and what is in it. Ends with one that has no name.
struct template_file {
    const char *name;
    const char *text;
};

extern const struct template_file template_files[];

struct template_names {
    const char *name;   // @NAME@, "word-game"
    const char *ident;  // @IDENT@, "word_game"
    const char *prefix; // @PREFIX@, "word."
    const char *ext;    // @EXT@, "c" or "cpp": also the folder of its own files
    const char *dir;    // @DIR@, where it will lie
};

// Whether the file belongs to a plugin in that language.
bool template_is_for(
        const struct template_file *file, const struct template_names *names);

// Its name without folders, and its text. out is empty before.
bool template_write_name(const struct template_file *file,
        const struct template_names *names, struct nx_buf *out);
bool template_write_text(const struct template_file *file,
        const struct template_names *names, struct nx_buf *out);

#endif
