/*
 * schema - the tables, their version, and the way from older versions.
 *
 * The file carries this program's application_id and the version of its
 * schema as user_version. A file of another program, or of a later version,
 * is refused and never written. Migrations run in one transaction.
 *
 * Owner:   nobody; state is in the file
 * Thread:  that of the db
 * Errors:  false, and db->problem says why
 */
#ifndef PLUGINS_STORE_SCHEMA_H
#define PLUGINS_STORE_SCHEMA_H

#include <stdbool.h>

#include "plugins/store/db.h"

#define SCHEMA_APPLICATION 0x4e585331 // "NXS1"
#define SCHEMA_VERSION     1

// Whether the file is what this version can work with, empty ones included.
// Reads only.
bool schema_check(struct db *db);

// The same for a file that must have all tables of this version already.
bool schema_check_current(struct db *db);

// Makes the tables of an empty file, or brings older ones up to date.
bool schema_prepare(struct db *db);

// Marks the file as a copy that another server may begin with.
bool schema_mark_copy(struct db *db);

// A copy goes back in time: what was appended since is lost. Its logs get
// another epoch, so that nobody takes their numbers for those they know.
bool schema_renew_copy(struct db *db);

// Looks for damage; *problem of the db says what was found. Takes long for
// large files.
bool schema_examine(struct db *db);

#endif
