/*
 * The providers there are. One row each.
 */

#include <string.h>

#include "../core/str.h"
#include "channel.h"
#include "smtp.h"
#include "whatsapp.h"


static const pl_channel_t *const registry_rows[] = {
    &pl_whatsapp,
    &pl_smtp,
    &pl_postmark,
};


const pl_channel_t *
pl_channel_at(size_t i)
{
    return i < PL_COUNT(registry_rows) ? registry_rows[i] : NULL;
}


const pl_channel_t *
pl_channel_find(pl_str_t name)
{
    size_t  i;

    for (i = 0; i < PL_COUNT(registry_rows); i++) {
        if (pl_str_eq(name, pl_str_c(registry_rows[i]->name))) {
            return registry_rows[i];
        }
    }

    return NULL;
}
