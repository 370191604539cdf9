/*
 * Shared by outgoing.c and outgoing_rows.c alone.
 */

#ifndef PL_OUTGOING_IMPL_H_INCLUDED
#define PL_OUTGOING_IMPL_H_INCLUDED

#include "outgoing.h"

/* Rows of a template: its own, and that of the list that it is in. */
typedef struct {
    Pl__TemplateRecord  *own;       /* NULL: there is none */
    Pl__TemplateRecord  *list;      /* NULL: no list is complete */
} pl_outgoing_template_t;

/* Both NULL where the message is no template. PL_OK, or the store's
   failure. */
pl_status_t pl_outgoing_rows(pl_apply_t *ap, const Pl__Message *message,
    pl_outgoing_template_t *rows, pl_err_t *err);

/* Is it a template of the house's own (channel/wording.h)? */
bool pl_outgoing_own(const pl_channel_conf_t *channel,
    const Pl__Message *message);

/* Is it sent by what its row has (channel/content.h)? */
bool pl_outgoing_content(const pl_channel_conf_t *channel,
    const Pl__Template *template);

#endif /* PL_OUTGOING_IMPL_H_INCLUDED */
