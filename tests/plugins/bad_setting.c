// bad_setting - declares a setting that must be in the file.
#include "tests/plugins/bad.h"

static const struct nx_setting settings[] = {
        {"token", NX_SETTING_STRING, NX_SETTING_REQUIRED | NX_SETTING_SECRET,
                NULL, NULL, "Token."},
        {NULL, 0, 0, NULL, NULL, NULL},
};

NX_PLUGIN("bad_setting", "1.0.0", "MIT", "wants a token", 0, 0, (""),
        ("nexus.config/1"), settings, bad_create);
