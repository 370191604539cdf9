/*
 * Restrictions of an account. See restrict.h.
 */

#include <string.h>

#include "../core/clock.h"
#include "restrict.h"
#include "sync.h"

#define RESTRICT_FACT  "restriction."   /* a channel's fact is named so */

static bool restrict_expires(const char *text, int64_t *ms);


/*
 * One that has no end, or none that can be read, is no rule: it would hold
 * for ever, since nobody tells that it is over. The provider refuses by
 * itself then.
 */

pl_status_t
pl_restrict_read(pl_apply_t *ap, const Pl__Message *message,
    int64_t *begun_ms, int64_t *utility_ms, pl_err_t *err)
{
    size_t                  i;
    int64_t                 until_ms;
    pl_status_t             rc;
    Pl__ChannelState       *state;
    const Pl__ChannelFact  *fact;

    rc = pl_channel_state_get(ap, message->tenant, message->channel, &state,
                              err);
    if (rc != PL_OK) {
        return rc;
    }

    for (i = 0; i < state->n_facts; i++) {
        fact = state->facts[i];

        if (strncmp(fact->name, RESTRICT_FACT,
                    strlen(RESTRICT_FACT)) != 0
            || !restrict_expires(fact->detail, &until_ms))
        {
            continue;
        }

        until_ms += ap->offset_ms;

        if (strcmp(fact->name, RESTRICT_FACT
                               "RESTRICTED_BIZ_INITIATED_MESSAGING") == 0)
        {
            *begun_ms = until_ms;

        } else if (strcmp(fact->name, RESTRICT_FACT
                                      "RESTRICTED_UTILITY_TEMPLATES") == 0)
        {
            *utility_ms = until_ms;
        }
    }

    return PL_OK;
}


/* Seconds since 1970, or a time in words. */

static bool
restrict_expires(const char *text, int64_t *ms)
{
    int64_t  s;

    if (text == NULL) {
        return false;
    }

    if (text[strspn(text, "0123456789")] != '\0' || text[0] == '\0') {
        return pl_clock_parse(pl_str_c(text), ms) == PL_OK;
    }

    for (s = 0; *text != '\0' && s < INT32_MAX * 100LL; text++) {
        s = s * 10 + (*text - '0');
    }

    *ms = s * 1000;

    return *text == '\0';
}
