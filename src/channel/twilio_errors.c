/*
 * Twilio's error codes and what to do about each (provider-facts 7.5). They
 * come in the answer to a send, and in a later status `undelivered` or
 * `failed`. A code that is not known is permanent, as Twilio advises: its
 * meanings change, and a message that is sent twice costs more than one that
 * a person has to look at.
 */

#include "../core/str.h"
#include "twilio_impl.h"

#define SECOND  1000
#define MINUTE  (60 * SECOND)
#define HOUR    (60 * MINUTE)

#define ROW(code, class, retry_ms)                                            \
    { code, PL_TWILIO_##class, retry_ms, 0 }
#define RATE(code, bucket, retry_ms)                                          \
    { code, PL_TWILIO_RATE, retry_ms, PL__BUCKET__BUCKET_##bucket }


/* In order of code. */
static const pl_twilio_error_t errors_rows[] = {
    RATE(14107, CHANNEL, MINUTE),           /* loop protection */
    ROW(20003, ACCOUNT, 0),                 /* authentication */
    ROW(20404, CONFIG, 0),                  /* no such resource */
    RATE(20429, ACCOUNT, SECOND),           /* too many requests */
    ROW(20500, RETRY, 0),                   /* internal */
    ROW(20503, RETRY, 0),                   /* unavailable */
    ROW(21211, PERM, 0),                    /* To is no number */
    ROW(21212, CONFIG, 0),                  /* nor is From */
    ROW(21408, CONFIG, 0),                  /* region not enabled */
    ROW(21602, CONFIG, 0),                  /* body missing */
    ROW(21603, CONFIG, 0),                  /* From missing */
    ROW(21604, CONFIG, 0),                  /* To missing */
    ROW(21606, CONFIG, 0),                  /* From cannot send SMS */
    ROW(21608, CONFIG, 0),                  /* trial: not verified */
    ROW(21609, CONFIG, 0),                  /* StatusCallback */
    ROW(21610, POLICY, 0),                  /* opted out */
    RATE(21611, CHANNEL, MINUTE),           /* queue of this From is full */
    ROW(21612, PERM, 0),                    /* no route */
    ROW(21614, PERM, 0),                    /* not a mobile */
    ROW(21617, CONFIG, 0),                  /* too long */
    ROW(21619, CONFIG, 0),                  /* content missing */
    ROW(21620, CONFIG, 0),                  /* media */
    ROW(21623, CONFIG, 0),
    ROW(21654, CONFIG, 0),                  /* ContentSid, its variables */
    ROW(21655, CONFIG, 0),
    ROW(21656, CONFIG, 0),
    ROW(21659, CONFIG, 0),                  /* From is not ours */
    ROW(21660, CONFIG, 0),
    ROW(21703, CONFIG, 0),                  /* service without a sender */
    ROW(21704, CONFIG, 0),
    ROW(21910, CONFIG, 0),                  /* channels differ */
    ROW(30001, RETRY, 0),                   /* queue overflow */
    ROW(30002, ACCOUNT, 0),                 /* suspended */
    ROW(30003, RETRY, 4 * HOUR),            /* handset unreachable */
    ROW(30004, PERM, 0),                    /* blocked */
    ROW(30005, PERM, 0),                    /* unknown number */
    ROW(30006, PERM, 0),                    /* landline */
    ROW(30007, POLICY, 0),                  /* filtered */
    ROW(30008, RETRY, 0),                   /* unknown */
    ROW(30017, RETRY, 0),                   /* congestion */
    RATE(30022, CHANNEL, MINUTE),           /* 10DLC throughput */
    RATE(30023, CHANNEL, HOUR),             /* and daily caps */
    RATE(30027, CHANNEL, HOUR),
    ROW(30032, ACCOUNT, 0),                 /* toll-free not verified */
    ROW(30034, ACCOUNT, 0),                 /* number not registered */
    ROW(30036, PERM, 0),                    /* validity expired */
    ROW(30410, RETRY, 0),                   /* provider's timeout */
    ROW(63001, ACCOUNT, 0),                 /* channel authentication */
    ROW(63003, PERM, 0),                    /* recipient not found */
    ROW(63005, PERM, 0),                    /* content refused */
    ROW(63007, CONFIG, 0),                  /* no channel with that From */
    ROW(63009, RETRY, 0),                   /* WhatsApp's own errors */
    ROW(63010, RETRY, 0),
    ROW(63012, RETRY, 0),
    ROW(63013, POLICY, 0),                  /* violation */
    ROW(63015, CONFIG, 0),                  /* sandbox: has not joined */
    ROW(63016, POLICY, 0),                  /* window closed */
    RATE(63017, ACCOUNT, MINUTE),
    RATE(63018, CHANNEL, MINUTE),
    ROW(63019, CONFIG, 0),                  /* media not downloaded */
    ROW(63020, ACCOUNT, 0),                 /* invitation not accepted */
    ROW(63021, CONFIG, 0),                  /* content */
    ROW(63023, PERM, 0),                    /* generic */
    ROW(63024, PERM, 0),                    /* not on WhatsApp */
    ROW(63027, CONFIG, 0),                  /* no template in the language */
    ROW(63028, CONFIG, 0),                  /* number of parameters */
    ROW(63030, CONFIG, 0),                  /* parameter not supported */
    ROW(63031, PERM, 0),                    /* to ourselves */
    ROW(63032, POLICY, 0),                  /* user limited by WhatsApp */
    ROW(63034, CONFIG, 0),                  /* media too large */
    ROW(63036, PERM, 0),                    /* RCS unreachable */
    RATE(63038, ACCOUNT, HOUR),             /* daily limit */
    ROW(63040, POLICY, 0),                  /* template rejected */
    ROW(63041, POLICY, 0),                  /* template paused */
    ROW(63042, CONFIG, 0),                  /* template disabled */
    ROW(63049, POLICY, 24 * HOUR),          /* cap of adverts per user */
    ROW(63051, ACCOUNT, 0),                 /* account locked */
};


const pl_twilio_error_t *
pl_twilio_error(int32_t code)
{
    size_t  low = 0, high = PL_COUNT(errors_rows), middle;

    while (low < high) {
        middle = low + (high - low) / 2;

        if (code > errors_rows[middle].code) {
            low = middle + 1;

        } else if (code < errors_rows[middle].code) {
            high = middle;

        } else {
            return &errors_rows[middle];
        }
    }

    return NULL;
}


Pl__Outcome
pl_twilio_class_outcome(pl_twilio_class_e class)
{
    static const Pl__Outcome  outcomes[] = {
        [PL_TWILIO_RETRY]   = PL__OUTCOME__OUTCOME_RETRY,
        [PL_TWILIO_RATE]    = PL__OUTCOME__OUTCOME_THROTTLE,
        [PL_TWILIO_PERM]    = PL__OUTCOME__OUTCOME_PERMANENT,
        [PL_TWILIO_POLICY]  = PL__OUTCOME__OUTCOME_POLICY,
        [PL_TWILIO_CONFIG]  = PL__OUTCOME__OUTCOME_PERMANENT,
        [PL_TWILIO_ACCOUNT] = PL__OUTCOME__OUTCOME_ACCOUNT,
    };

    return outcomes[class];
}


const char *
pl_twilio_class_name(pl_twilio_class_e class)
{
    static const char *const  names[] = {
        [PL_TWILIO_RETRY]   = "retry",
        [PL_TWILIO_RATE]    = "rate",
        [PL_TWILIO_PERM]    = "permanent",
        [PL_TWILIO_POLICY]  = "policy",
        [PL_TWILIO_CONFIG]  = "config",
        [PL_TWILIO_ACCOUNT] = "account",
    };

    return names[class];
}
