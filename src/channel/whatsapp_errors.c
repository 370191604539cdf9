/*
 * The error codes of the Cloud API and what to do about each
 * (provider-facts 2.3). They come in two places: in the answer to a send,
 * and in a later status `failed`. The code decides; HTTP statuses do not:
 * nearly all errors are 400.
 *
 * Where two classes are named for a code, this table has the one that harms
 * less: 131048 (spam limit of the number) is policy, since trying again
 * makes the number's quality worse; 131053 (media that it could not take) is
 * configuration, since the file, or its link, is mostly wrong for good;
 * 131201 (partial failure in a group) is permanent, since a retry would
 * reach some twice.
 *
 * A RATE names the bucket that is empty, so that whoever sends slows that
 * one and no other.
 */

#include "../core/str.h"
#include "whatsapp_impl.h"

#define SECOND  1000
#define MINUTE  (60 * SECOND)
#define HOUR    (60 * MINUTE)

#define ROW(first, last, class, retry_ms)                                     \
    { first, last, PL_WHATSAPP_##class, retry_ms, 0, 0 }
#define RATE(code, bucket, retry_ms, retry_base)                              \
    { code, code, PL_WHATSAPP_RATE, retry_ms, PL__BUCKET__BUCKET_##bucket,    \
      retry_base }


/* In order of code. */
static const pl_whatsapp_error_t errors_rows[] = {
    ROW(0, 0, ACCOUNT, 0),                  /* authentication */
    ROW(1, 1, RETRY, 0),                    /* unknown, perhaps ours */
    ROW(2, 2, RETRY, 0),                    /* down */
    ROW(3, 3, ACCOUNT, 0),                  /* permission missing */
    RATE(4, APP, MINUTE, 0),                /* the app's calls */
    ROW(10, 10, ACCOUNT, 0),                /* permission removed */
    ROW(33, 33, ACCOUNT, 0),                /* number deleted */
    ROW(100, 100, CONFIG, 0),               /* invalid parameter */
    ROW(190, 190, ACCOUNT, 0),              /* token expired */
    ROW(200, 299, ACCOUNT, 0),              /* permissions */
    ROW(368, 368, ACCOUNT, HOUR),           /* blocked for a time */
    RATE(80007, ACCOUNT, MINUTE, 0),        /* the WABA's calls */
    RATE(80008, ACCOUNT, MINUTE, 0),        /* its management */

    RATE(130429, CHANNEL, SECOND, 0),       /* throughput of the number */
    ROW(130472, 130472, POLICY, 0),         /* user in an experiment */
    ROW(130497, 130497, PERM, 0),           /* country not allowed */
    ROW(130501, 130501, PERM, 0),           /* type not for groups */
    ROW(131000, 131000, RETRY, 0),          /* something went wrong */
    ROW(131005, 131005, ACCOUNT, 0),        /* access denied */
    ROW(131008, 131009, CONFIG, 0),         /* parameter missing, invalid */
    ROW(131016, 131016, RETRY, 0),          /* unavailable */
    ROW(131020, 131021, PERM, 0),           /* bad group; to ourselves */
    ROW(131026, 131026, PERM, 0),           /* undeliverable */
    ROW(131030, 131030, CONFIG, 0),         /* not on the test list */
    ROW(131031, 131031, ACCOUNT, 0),        /* locked */
    ROW(131037, 131037, ACCOUNT, 0),        /* display name */
    ROW(131041, 131041, PERM, 0),           /* group unknown */
    ROW(131042, 131042, ACCOUNT, 0),        /* payment */
    ROW(131044, 131045, ACCOUNT, 0),        /* payment; registration */
    ROW(131047, 131047, POLICY, 0),         /* window closed */
    ROW(131048, 131048, POLICY, HOUR),      /* spam limit of the number */
    ROW(131049, 131049, POLICY, 24 * HOUR), /* cap per user */
    ROW(131050, 131050, POLICY, 0),         /* user stopped marketing */
    ROW(131051, 131051, CONFIG, 0),         /* type unsupported */
    ROW(131052, 131052, PERM, 0),           /* their media */
    ROW(131053, 131053, CONFIG, 0),         /* our media */
    ROW(131055, 131055, CONFIG, 0),         /* method not allowed */
    RATE(131056, PAIR, 6 * SECOND, 4),      /* pair: 4^n seconds */
    ROW(131057, 131057, RETRY, MINUTE),     /* maintenance */
    ROW(131059, 131059, CONFIG, 0),         /* cursor */
    ROW(131062, 131063, CONFIG, 0),         /* user id; marketing */
    ROW(131064, 131064, ACCOUNT, 0),        /* limit cut */
    ROW(131201, 131204, PERM, 0),           /* groups */
    ROW(131207, 131207, PERM, 0),           /* group suspended */
    RATE(131208, GROUP, MINUTE, 0),         /* groups, rate */
    ROW(131209, 131215, CONFIG, 0),         /* groups, management */

    ROW(132000, 132001, CONFIG, 0),         /* count; no such template */
    ROW(132005, 132005, CONFIG, 0),         /* too long */
    ROW(132007, 132008, CONFIG, 0),         /* content; format */
    ROW(132012, 132012, CONFIG, 0),         /* format */
    ROW(132015, 132015, POLICY, 0),         /* paused */
    ROW(132016, 132016, CONFIG, 0),         /* disabled */
    ROW(132018, 132018, CONFIG, 0),         /* parameter */
    ROW(132068, 132068, CONFIG, 0),         /* flow blocked */
    RATE(132069, TEMPLATE, 6 * MINUTE, 0),  /* flow, 10 an hour */
    ROW(133000, 133000, RETRY, 0),          /* deregistration incomplete */
    ROW(133004, 133004, RETRY, 0),          /* server unavailable */
    ROW(133005, 133006, ACCOUNT, 0),        /* PIN; verify again */
    ROW(133008, 133009, ACCOUNT, HOUR),     /* guesses of the PIN */
    ROW(133010, 133010, ACCOUNT, 0),        /* not registered */
    ROW(133015, 133015, RETRY, 5 * MINUTE), /* recently deleted */
    ROW(133016, 133016, ACCOUNT, HOUR),     /* registrations */
    ROW(134011, 134011, ACCOUNT, 0),        /* payment terms */
    ROW(134100, 134100, CONFIG, 0),         /* not a marketing message */
    ROW(134101, 134101, RETRY, 5 * MINUTE), /* template still syncing */
    ROW(134102, 134103, CONFIG, 0),         /* template; not onboarded */
    ROW(135000, 135000, CONFIG, 0),         /* generic, in parameters */
    ROW(137000, 137000, POLICY, 0),         /* identity key */
    ROW(139000, 139006, CONFIG, 0),         /* flows */
    ROW(139100, 139103, CONFIG, 0),         /* blocking users */
    ROW(147001, 147005, CONFIG, 0),         /* usernames */
    ROW(1752041, 1752041, CONFIG, 0),       /* invited already */
};


const pl_whatsapp_error_t *
pl_whatsapp_error(int32_t code)
{
    size_t  low = 0, high = PL_COUNT(errors_rows), middle;

    while (low < high) {
        middle = low + (high - low) / 2;

        if (code > errors_rows[middle].last) {
            low = middle + 1;

        } else if (code < errors_rows[middle].first) {
            high = middle;

        } else {
            return &errors_rows[middle];
        }
    }

    return NULL;
}


Pl__Outcome
pl_whatsapp_class_outcome(pl_whatsapp_class_e class)
{
    static const Pl__Outcome  outcomes[] = {
        [PL_WHATSAPP_RETRY]   = PL__OUTCOME__OUTCOME_RETRY,
        [PL_WHATSAPP_RATE]    = PL__OUTCOME__OUTCOME_THROTTLE,
        [PL_WHATSAPP_PERM]    = PL__OUTCOME__OUTCOME_PERMANENT,
        [PL_WHATSAPP_POLICY]  = PL__OUTCOME__OUTCOME_POLICY,
        [PL_WHATSAPP_CONFIG]  = PL__OUTCOME__OUTCOME_PERMANENT,
        [PL_WHATSAPP_ACCOUNT] = PL__OUTCOME__OUTCOME_ACCOUNT,
    };

    return outcomes[class];
}


const char *
pl_whatsapp_class_name(pl_whatsapp_class_e class)
{
    static const char *const  names[] = {
        [PL_WHATSAPP_RETRY]   = "retry",
        [PL_WHATSAPP_RATE]    = "rate",
        [PL_WHATSAPP_PERM]    = "permanent",
        [PL_WHATSAPP_POLICY]  = "policy",
        [PL_WHATSAPP_CONFIG]  = "config",
        [PL_WHATSAPP_ACCOUNT] = "account",
    };

    return names[class];
}


Pl__Outcome
pl_whatsapp_outcome(int http_status, int32_t code, bool transient)
{
    const pl_whatsapp_error_t  *row;

    row = pl_whatsapp_error(code);
    if (row != NULL) {
        return pl_whatsapp_class_outcome(row->class);
    }

    if (http_status >= 500 || transient) {
        return PL__OUTCOME__OUTCOME_RETRY;
    }

    return PL__OUTCOME__OUTCOME_PERMANENT;
}
