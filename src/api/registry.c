/*
 * The resources, in the order in which docs/openapi.yaml shows them.
 */

#include "api_live.h"
#include "registry.h"


static const pl_api_resource_t *const  registry_rows[] = {
    &pl_api_me,
    &pl_api_requests,
    &pl_api_events,
};


const pl_api_resource_t *
pl_api_resource_at(size_t i)
{
    return i < PL_COUNT(registry_rows) ? registry_rows[i] : NULL;
}
