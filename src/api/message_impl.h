/*
 * Steps of operations on messages that have a file of their own.
 */

#ifndef PL_MESSAGE_IMPL_H_INCLUDED
#define PL_MESSAGE_IMPL_H_INCLUDED

#include "api.h"

/* api_message.c: of a SendBody, which a reply is made to (inbox_reply.c) */
pl_status_t pl_message_send_ask(pl_api_call_t *call, pl_err_t *err);
pl_status_t pl_message_send_told(pl_api_call_t *call, pl_err_t *err);

/* api_bulk.c */
pl_status_t pl_bulk_ask(pl_api_call_t *call, pl_err_t *err);
pl_status_t pl_bulk_told(pl_api_call_t *call, pl_err_t *err);

/* api_trace.c */
pl_status_t pl_trace_ask(pl_api_call_t *call, pl_err_t *err);

#endif /* PL_MESSAGE_IMPL_H_INCLUDED */
