/*
 * Every resource of the API: a row each in registry.c.
 */

#ifndef PL_REGISTRY_API_H_INCLUDED
#define PL_REGISTRY_API_H_INCLUDED

#include "api.h"

extern const pl_api_resource_t  pl_api_me;
extern const pl_api_resource_t  pl_api_requests;
extern const pl_api_resource_t  pl_api_subscriptions;
extern const pl_api_resource_t  pl_api_messages;
extern const pl_api_resource_t  pl_api_conversations;
extern const pl_api_resource_t  pl_api_contacts;
extern const pl_api_resource_t  pl_api_numbers;
extern const pl_api_resource_t  pl_api_tasks;
extern const pl_api_resource_t  pl_api_templates;
extern const pl_api_resource_t  pl_api_flows;
extern const pl_api_resource_t  pl_api_channels;
extern const pl_api_resource_t  pl_api_tenants;
extern const pl_api_resource_t  pl_api_places;
extern const pl_api_resource_t  pl_api_subaccounts;
extern const pl_api_resource_t  pl_api_queues;
extern const pl_api_resource_t  pl_api_settings;
extern const pl_api_resource_t  pl_api_privacy;
extern const pl_api_resource_t  pl_api_audit;

/* i from 0; NULL past the last. */
const pl_api_resource_t *pl_api_resource_at(size_t i);

#endif /* PL_REGISTRY_API_H_INCLUDED */
