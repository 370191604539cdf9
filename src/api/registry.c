/*
 * The resources, in the order in which docs/openapi.yaml shows them.
 */

#include "api_live.h"
#include "registry.h"


static const pl_api_resource_t *const  registry_rows[] = {
    &pl_api_me,
    &pl_api_requests,
    &pl_api_events,
    &pl_api_subscriptions,
    &pl_api_messages,
    &pl_api_conversations,
    &pl_api_contacts,
    &pl_api_numbers,
    &pl_api_tasks,
    &pl_api_templates,
    &pl_api_flows,
    &pl_api_channels,
    &pl_api_tenants,
    &pl_api_places,
    &pl_api_subaccounts,
    &pl_api_queues,
    &pl_api_settings,
    &pl_api_privacy,
    &pl_api_audit,
};


const pl_api_resource_t *
pl_api_resource_at(size_t i)
{
    return i < PL_COUNT(registry_rows) ? registry_rows[i] : NULL;
}
