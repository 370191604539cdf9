/*
 * check: holds, and what stands aside because of them.
 *
 * A row that a provider caused has an end, a person's has none of its
 * counts. StateMeta counts the rows of `holds`, and those of `due` that are
 * set aside: where it says that there are none nobody looks, and a hold would
 * hold nothing.
 */

#include <inttypes.h>

#include "../core/record.h"
#include "../engine/hold.h"
#include "check.h"


static pl_status_t holds_row(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);
static bool holds_names(const Pl__Effect *effect, const Pl__Message *message,
    const pl_hold_place_t *place);
static void holds_sum(plctl_check_t *check, pl_table_e table, uint64_t said,
    uint64_t there, const char *what);


pl_status_t
plctl_check_holds(plctl_check_t *check, pl_err_t *err)
{
    pl_status_t  rc;

    rc = plctl_check_walk(check, PL_TABLE_HOLDS, 0,
                          &pl__hold_record__descriptor, holds_row, err);

    if (rc == PL_OK && check->meta != NULL) {
        holds_sum(check, PL_TABLE_HOLDS, check->meta->holds,
                  check->counts[PL_TABLE_HOLDS], "holds");
        holds_sum(check, PL_TABLE_DUE, check->meta->aside, check->aside,
                  "heads aside");
    }

    return rc;
}


pl_status_t
plctl_check_aside(plctl_check_t *check, const plctl_checked_t *row,
    const Pl__Effect *effect, bool *due, pl_err_t *err)
{
    bool         aside;
    pl_key_t     key;
    pl_status_t  rc;

    pl_key_due(&key, effect);
    key.data[PL_KEY_DUE_LANE] |= PL_KEY_DUE_ASIDE;

    rc = plctl_check_has(check, PL_TABLE_DUE, pl_key_str(&key), &aside, err);

    if (rc == PL_OK && aside && *due) {
        plctl_check_find(check, row->table, row->key,
                         "is due and set aside");
    }

    *due = *due || aside;

    return rc;
}


pl_status_t
plctl_check_set_aside(plctl_check_t *check, const plctl_checked_t *row,
    pl_str_t bytes, pl_err_t *err)
{
    pl_key_t            key;
    pl_str_t            at;
    pl_status_t         rc;
    pl_hold_place_t     place;
    ProtobufCMessage   *msg, *message = NULL;
    const Pl__Effect   *effect;

    check->aside++;

    if (!pl_hold_aside_parse(bytes, pl_be32(row->key.data),
                             pl_be32(row->key.data + 4), &at, &place))
    {
        plctl_check_find(check, row->table, row->key,
                         "says not what it is set aside for");
        return PL_OK;
    }

    pl_key_seq(&key, pl_be64(row->key.data + PL_KEY_DUE_LEN - 8));

    rc = plctl_check_get(check, PL_TABLE_OUTBOX, pl_key_str(&key),
                         &pl__effect__descriptor, check->ar, &msg, err);
    effect = (const Pl__Effect *) msg;

    if (rc == PL_OK && effect != NULL
        && effect->of_case == PL__EFFECT__OF_SEND_MESSAGE)
    {
        pl_key_seq(&key, effect->send_message->message);
        rc = plctl_check_get(check, PL_TABLE_MESSAGES, pl_key_str(&key),
                             &pl__message__descriptor, check->ar, &message,
                             err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    if (effect != NULL) {
        pl_key_due(&key, effect);
        key.data[PL_KEY_DUE_LANE] |= PL_KEY_DUE_ASIDE;
    }

    if (effect == NULL || !pl_str_eq(pl_key_str(&key), row->key)
        || !holds_names(effect, (const Pl__Message *) message, &place))
    {
        plctl_check_find(check, row->table, row->key,
                         "leads to no effect that is set aside so");
    }

    return PL_OK;
}


/* The counts and times that each cause has, and no others. */

static pl_status_t
holds_row(plctl_check_t *check, const plctl_checked_t *row, pl_err_t *err)
{
    bool                    person;
    Pl__HoldCause           cause;
    pl_hold_place_t         place;
    const Pl__HoldRecord   *hold;

    (void) err;

    hold = (const Pl__HoldRecord *) row->msg;

    if (!pl_hold_key_parse(row->key, &place, &cause)) {
        plctl_check_find(check, row->table, row->key, "holds no place");
        return PL_OK;
    }

    person = cause == PL__HOLD_CAUSE__HOLD_CAUSE_PERSON;

    if (person ? hold->failures != 0
               : !hold->has_until_ms || hold->failures == 0)
    {
        plctl_check_find(check, row->table, row->key,
                         person ? "a person's has failures"
                                : "a provider's has no end, or no failures");
    }

    return PL_OK;
}


static bool
holds_names(const Pl__Effect *effect, const Pl__Message *message,
    const pl_hold_place_t *place)
{
    char             digits[PL_HOLD_DIGITS_MAX];
    size_t           i, n;
    pl_key_t         a, b;
    pl_hold_place_t  places[PL_HOLD_ASIDE_MAX];

    n = pl_hold_aside(effect, message, digits, places);
    pl_hold_key(&a, place, PL__HOLD_CAUSE__HOLD_CAUSE_PERSON);

    for (i = 0; i < n; i++) {
        pl_hold_key(&b, &places[i], PL__HOLD_CAUSE__HOLD_CAUSE_PERSON);

        if (pl_str_eq(pl_key_str(&a), pl_key_str(&b))) {
            return true;
        }
    }

    return false;
}


static void
holds_sum(plctl_check_t *check, pl_table_e table, uint64_t said,
    uint64_t there, const char *what)
{
    if (said != there) {
        plctl_check_find(check, table, PL_STR_NULL,
                         "the state says %" PRIu64 " %s, there are %" PRIu64,
                         said, what, there);
    }
}
