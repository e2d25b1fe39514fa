#include "plugins/store/meters.h"

#include <nexus/error.h>

nx_status meters_define(struct meters *meters, const struct nx_sdk *sdk) {
    meters->host = sdk->host;
    meters->metrics = sdk->metrics;
    const struct {
        uint32_t kind;
        const char *name;
        const char *help;
        nx_metric_id *out;
    } all[] = {
#define METERS_ROW_(name, kind, help) \
    {NX_METRIC_##kind, #name, help, &meters->name},
            METERS(METERS_ROW_)
#undef METERS_ROW_
    };
    nx_status status = NX_OK;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]) && status == NX_OK;
            i++) {
        status = sdk->metrics->define(
                sdk->host, all[i].kind, all[i].name, all[i].help, all[i].out);
    }
    return status;
}
