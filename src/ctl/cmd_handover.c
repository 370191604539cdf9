/*
 * handover: a person takes a conversation over, or gives it back to the bot
 * (OwnerChange). It names the epoch that was seen, so that of two people who
 * take it at once one has it, and the other is told.
 */

#include <inttypes.h>
#include <string.h>

#include "../engine/owner.h"
#include "cmd.h"
#include "find.h"


typedef struct {
    bool                take;
    const char         *owner;
    pl_party_t          party;
    uint32_t            epoch;          /* as it was seen */
    uint64_t            entry;
    const char         *verdict;
    Pl__Conversation   *conv;
} handover_t;


static int handover_run(plctl_t *ctl, const char *const *words, bool take);
static pl_status_t handover_read(plctl_t *ctl, handover_t *hand,
    pl_err_t *err);
static pl_status_t handover_ask(plctl_t *ctl, handover_t *hand,
    pl_err_t *err);
static bool handover_has(const handover_t *hand);
static int handover_report(plctl_t *ctl, const handover_t *hand);


int
plctl_cmd_handover_take(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    (void) n_words;

    return handover_run(ctl, words, true);
}


int
plctl_cmd_handover_release(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    (void) n_words;

    return handover_run(ctl, words, false);
}


static int
handover_run(plctl_t *ctl, const char *const *words, bool take)
{
    pl_err_t     err = { 0 };
    handover_t   hand;
    pl_status_t  rc;

    memset(&hand, 0, sizeof(hand));
    hand.take = take;
    hand.owner = !take ? NULL
                 : ctl->args->owner != NULL ? ctl->args->owner
                                            : plctl_actor(ctl);

    if ((take && (hand.owner[0] == '\0'
                  || strlen(hand.owner) > PL_OWNER_MAX))
        || (ctl->args->reason != NULL
            && strlen(ctl->args->reason) > PL_REASON_MAX))
    {
        plctl_note(ctl, "handover: a name has 1 to %d bytes, a reason at "
                   "most %d", PL_OWNER_MAX, PL_REASON_MAX);
        return PLCTL_EXIT_USAGE;
    }

    if (take && pl_owner_reserved(hand.owner)) {
        plctl_note(ctl, "handover: %s is nobody's name", hand.owner);
        return PLCTL_EXIT_USAGE;
    }

    rc = plctl_open(ctl, &err);
    if (rc == PL_OK) {
        rc = plctl_tenant(ctl, words[0], &hand.party.tenant, &err);
    }

    if (rc == PL_OK) {
        rc = plctl_find_party(ctl, hand.party.tenant, words[1], &hand.party,
                              &err);
    }

    if (rc == PL_OK) {
        rc = handover_read(ctl, &hand, &err);
    }

    if (rc == PL_OK) {
        hand.epoch = hand.conv->owner_epoch;
        rc = handover_ask(ctl, &hand, &err);
    }

    return rc == PL_OK ? handover_report(ctl, &hand)
                       : plctl_fail(ctl, &err);
}


static pl_status_t
handover_read(plctl_t *ctl, handover_t *hand, pl_err_t *err)
{
    pl_status_t  rc;

    rc = plctl_find_conversation(ctl, &hand->party, &hand->conv, err);

    return rc == PL_NOTFOUND ? pl_err_set(err, rc, "", 0,
                                          "there is no conversation") : rc;
}


static pl_status_t
handover_ask(plctl_t *ctl, handover_t *hand, pl_err_t *err)
{
    bool              folded;
    pl_status_t       rc;
    Pl__Command       command = PL__COMMAND__INIT;
    pl_appended_t     appended;
    Pl__OwnerChange   in = PL__OWNER_CHANGE__INIT;

    in.tenant = hand->party.tenant;
    in.party_kind = hand->party.kind;
    in.party = hand->party.party;
    in.owner = (char *) hand->owner;
    in.reason = (char *) ctl->args->reason;
    in.actor = (char *) plctl_actor(ctl);
    in.has_epoch = 1;
    in.epoch = hand->epoch;

    command.of_case = PL__COMMAND__OF_OWNER_CHANGE;
    command.owner_change = &in;

    rc = plctl_ask(ctl, &command, &appended, &folded, err);
    if (rc != PL_OK) {
        return rc;
    }

    hand->entry = appended.first;

    if (!folded) {
        hand->verdict = "pending";
        return PL_OK;
    }

    rc = handover_read(ctl, hand, err);
    if (rc != PL_OK) {
        return rc;
    }

    hand->verdict = !handover_has(hand) ? "late"
                    : hand->take ? "taken" : "released";

    return PL_OK;
}


/* Is it as it was asked for? */

static bool
handover_has(const handover_t *hand)
{
    if (!hand->take) {
        return !pl_owner_is_person(hand->conv);
    }

    return pl_owner_is_person(hand->conv)
           && strcmp(hand->conv->owner, hand->owner) == 0;
}


static int
handover_report(plctl_t *ctl, const handover_t *hand)
{
    pl_err_t                err = { 0 };
    Pl__Ctl__HandoverRow    row = PL__CTL__HANDOVER_ROW__INIT;

    row.tenant = (char *) plctl_tenant_name(ctl, ctl->ar,
                                            hand->party.tenant);
    row.party = (char *) plctl_party_name(ctl->ar, hand->party.kind,
                                          hand->party.party);
    row.has_entry = 1;
    row.entry = hand->entry;
    row.verdict = (char *) hand->verdict;
    row.owner = hand->conv->owner;
    row.has_epoch = 1;
    row.epoch = hand->conv->owner_epoch;

    if (ctl->json) {
        if (plctl_json(ctl, &row.base, &err) != PL_OK) {
            return plctl_fail(ctl, &err);
        }

    } else if (strcmp(hand->verdict, "pending") == 0) {
        plctl_pending(ctl, "handover", hand->entry);

    } else {
        fprintf(ctl->out, "%s: %s; %s answers\n", row.party, row.verdict,
                pl_owner_is_person(hand->conv)
                ? plctl_clean(ctl->ar, row.owner) : "the bot");
    }

    return strcmp(hand->verdict, "late") == 0 ? PLCTL_EXIT_FAILED
                                              : PLCTL_EXIT_OK;
}
