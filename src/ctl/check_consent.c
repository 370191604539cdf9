/*
 * check: changes of consent, and the list of those who wait for a reader,
 * which holds each contact with a consent that is paused and nobody else.
 */

#include <inttypes.h>

#include "../core/record.h"
#include "../core/str.h"
#include "check.h"


static pl_status_t consent_event(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);
static pl_status_t consent_review(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);
static bool consent_paused(const Pl__Contact *contact);


pl_status_t
plctl_check_consents(plctl_check_t *check, pl_err_t *err)
{
    pl_status_t  rc;

    rc = plctl_check_walk(check, PL_TABLE_CONSENTS, 20,
                          &pl__audit_event__descriptor, consent_event, err);

    return rc == PL_OK
           ? plctl_check_walk(check, PL_TABLE_REVIEWS, 12, NULL,
                              consent_review, err)
           : rc;
}


pl_status_t
plctl_check_paused(plctl_check_t *check, const plctl_checked_t *row,
    const Pl__Contact *contact, pl_err_t *err)
{
    bool         has;
    pl_status_t  rc;

    if (!consent_paused(contact)) {
        return PL_OK;
    }

    rc = plctl_check_has(check, PL_TABLE_REVIEWS, row->key, &has, err);

    if (rc == PL_OK && !has) {
        plctl_check_find(check, row->table, row->key,
                         "is paused, and waits for no reader");
    }

    return rc;
}


static pl_status_t
consent_event(plctl_check_t *check, const plctl_checked_t *row,
    pl_err_t *err)
{
    bool                   has;
    uint64_t               contact;
    pl_str_t               whose;
    pl_status_t            rc;
    const Pl__AuditEvent  *event;

    event = (const Pl__AuditEvent *) row->msg;
    contact = pl_be64(row->key.data + 4);
    whose.data = row->key.data;
    whose.len = 12;

    plctl_check_id(check, row, pl_be64(row->key.data + 12));

    if (event->kind != PL__AUDIT_KIND__AUDIT_KIND_CONSENT
        || event->subject != contact || event->consent == NULL)
    {
        plctl_check_find(check, row->table, row->key,
                         "is no change of a consent of cnt_%" PRIu64,
                         contact);
    }

    rc = plctl_check_has(check, PL_TABLE_CONTACTS, whose, &has, err);

    if (rc == PL_OK && !has) {
        plctl_check_find(check, row->table, row->key,
                         "its contact cnt_%" PRIu64 " is not there",
                         contact);
    }

    return rc;
}


static pl_status_t
consent_review(plctl_check_t *check, const plctl_checked_t *row,
    pl_err_t *err)
{
    uint64_t           message;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    if (pl_record_read_u64(row->table, row->value, &message, NULL) != PL_OK)
    {
        plctl_check_find(check, row->table, row->key, "is no index row");
        return PL_OK;
    }

    if (message != 0) {
        plctl_check_id(check, row, message);
    }

    rc = plctl_check_get(check, PL_TABLE_CONTACTS, row->key,
                         &pl__contact__descriptor, check->step, &msg, err);

    if (rc == PL_OK
        && (msg == NULL || !consent_paused((const Pl__Contact *) msg)))
    {
        plctl_check_find(check, row->table, row->key,
                         "waits for a reader, and is not paused");
    }

    return rc;
}


static bool
consent_paused(const Pl__Contact *contact)
{
    size_t  i;

    for (i = 0; !contact->has_joined_to && i < contact->n_consents; i++) {
        if (contact->consents[i]->state
            == PL__CONSENT_STATE__CONSENT_STATE_PAUSED)
        {
            return true;
        }
    }

    return false;
}
