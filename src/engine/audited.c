/*
 * See audited.h.
 */

#include "audited.h"

#define K(name)  PL__AUDIT_KIND__AUDIT_KIND_ ## name
#define P        PL_AUDITED_PERSON
#define R        PL_AUDITED_RECORD
#define O        PL_AUDITED_OTHER

typedef struct {
    Pl__AuditKind  kind;
    pl_audited_e   whose;
} audited_row_t;

static const audited_row_t  audited_rows[] = {
    { K(BLOCKED), R }, { K(DEFERRED), R }, { K(RETRIED), R },
    { K(SETTINGS), O }, { K(CLOCK), O }, { K(ACCOUNT), O },
    { K(CONSENT), P }, { K(JOINED), R }, { K(SPLIT), R },
    { K(CHANNEL), O }, { K(COLLAPSED), R }, { K(CANCELLED), R },
    { K(PAUSED), O }, { K(RESUMED), O }, { K(HELD), O }, { K(LIFTED), O },
    { K(DROPPED), R }, { K(RESENT), R }, { K(SETTLED), R },
    { K(WITHDRAWN), R }, { K(HANDOVER), P }, { K(ANSWER), P },
    { K(STATUS), P }, { K(LOOP), P }, { K(FLOW), P }, { K(REPLACED), R },
    { K(ZONES), O }, { K(CONTACT), P }, { K(SANDBOX), O },
    { K(SUBSCRIPTION), O }, { K(KEY), O }, { K(NOTE), P },
    { K(ARCHIVED), P }, { K(READ), P }, { K(TAGS), P }, { K(TASK), P },
    { K(ERASED), P }, { K(EXPORTED), P }, { K(IMPORTED), O },
    { K(SETTING), O }, { K(TEMPLATE), O }, { K(QUARANTINE), O },
};


pl_audited_e
pl_audited(Pl__AuditKind kind)
{
    size_t  i;

    for (i = 0; i < PL_COUNT(audited_rows); i++) {
        if (audited_rows[i].kind == kind) {
            return audited_rows[i].whose;
        }
    }

    return PL_AUDITED_NONE;
}


bool
pl_audited_of(const Pl__AuditEvent *event, uint64_t *contact)
{
    *contact = event->has_subject ? event->subject : 0;

    return *contact != 0 && pl_audited(event->kind) == PL_AUDITED_PERSON;
}
