/*
 * What the two files about subscriptions share: api_subscriptions.c (what is
 * read, and the table), api_subscribe.c (what is done).
 */

#ifndef PL_API_SUBSCRIPTION_IMPL_H_INCLUDED
#define PL_API_SUBSCRIPTION_IMPL_H_INCLUDED

#include "../engine/subscription.h"
#include "api.h"
#include "api_subscriptions.pb-c.h"

/* The subscription that the path names. PL_OK, or what ask returns. */
pl_status_t pl_api_subscription_find(pl_api_call_t *call,
    Pl__Subscription **subscription, pl_err_t *err);

/* As it is shown; without its secret. PL_NOMEM. */
pl_status_t pl_api_subscription_view(pl_api_call_t *call,
    const Pl__Subscription *subscription, Pl__Api__SubscriptionView *view,
    pl_err_t *err);

pl_status_t pl_api_subscribe_create(pl_api_call_t *call, pl_err_t *err);
pl_status_t pl_api_subscribe_edit(pl_api_call_t *call, pl_err_t *err);
pl_status_t pl_api_subscribe_drop(pl_api_call_t *call, pl_err_t *err);
pl_status_t pl_api_subscribe_rotate(pl_api_call_t *call, pl_err_t *err);
pl_status_t pl_api_subscribe_pause(pl_api_call_t *call, pl_err_t *err);
pl_status_t pl_api_subscribe_resume(pl_api_call_t *call, pl_err_t *err);
pl_status_t pl_api_subscribe_ping(pl_api_call_t *call, pl_err_t *err);
pl_status_t pl_api_subscribe_replay(pl_api_call_t *call, pl_err_t *err);
pl_status_t pl_api_undelivered_retry(pl_api_call_t *call, pl_err_t *err);
pl_status_t pl_api_undelivered_drop(pl_api_call_t *call, pl_err_t *err);

/* told: the subscription as it is now; and the same with its secret. */
pl_status_t pl_api_subscribe_told(pl_api_call_t *call, pl_err_t *err);
pl_status_t pl_api_subscribe_told_secret(pl_api_call_t *call,
    pl_err_t *err);

#endif /* PL_API_SUBSCRIPTION_IMPL_H_INCLUDED */
