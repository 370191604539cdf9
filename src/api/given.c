/*
 * What a person is known by, as a body says it. See contact_impl.h.
 */

#include "../core/str.h"
#include "contact_impl.h"
#include "sending.h"


pl_status_t
pl_given_addresses(pl_api_call_t *call, const pl_given_t *given,
    Pl__ContactSet *in, pl_err_t *err)
{
    pl_status_t   rc = PL_OK;
    Pl__Address  *a;

    a = pl_arena_alloc(call->ar, 3 * sizeof(*a));
    in->more = (Pl__Address **) pl_rows_list(call, 3);

    if (a == NULL || in->more == NULL) {
        return pl_rows_nomem(err);
    }

    if (given->phone != NULL) {
        pl__address__init(&a[0]);
        rc = pl_sending_phone(call, given->phone, "phone", &a[0]);
        in->more[in->n_more++] = &a[0];
    }

    if (rc == PL_OK && given->user_id != NULL) {
        pl__address__init(&a[1]);
        a[1].kind = PL__ADDRESS_KIND__ADDRESS_KIND_USER_ID;
        a[1].value = (char *) given->user_id;
        in->more[in->n_more++] = &a[1];

        rc = given->user_id[0] != '\0'
             ? PL_OK : pl_api_problem(call, PL_API_BAD_FIELD, "user_id",
                                      "it is empty");
    }

    if (rc == PL_OK && given->email != NULL) {
        pl__address__init(&a[2]);
        rc = pl_sending_email(call, given->email, "email", &a[2]);
        in->more[in->n_more++] = &a[2];
    }

    return rc == PL_NOMEM ? pl_rows_nomem(err) : rc;
}


pl_status_t
pl_given_first(pl_api_call_t *call, const Pl__Api__ContactBody *body,
    Pl__ContactSet *in, pl_err_t *err)
{
    pl_status_t   rc;
    pl_given_t    given = { body->phone, body->user_id, body->email };

    rc = pl_given_addresses(call, &given, in, err);

    if (rc == PL_OK && in->n_more == 0) {
        return pl_api_problem(call, PL_API_BAD_FIELD, "phone",
                              "one of phone, user_id and email, or several");
    }

    if (rc == PL_OK) {
        in->address = *in->more++;
        in->n_more--;
    }

    return rc;
}


pl_status_t
pl_given_channel(pl_api_call_t *call, const char *name, Pl__ContactSet *in)
{
    pl_status_t               rc = PL_OK;
    const pl_channel_conf_t  *channel = NULL;

    if (name == NULL) {
        return PL_OK;
    }

    if (name[0] != '\0') {
        rc = pl_rows_channel(call, name, "channel", &channel);
    }

    in->has_channel = 1;
    in->channel = channel != NULL ? channel->row->id : 0;

    return rc;
}
