/*
 * Is what was set aside, or parked, about a person? By their addresses, in
 * whichever form they stand there, each against whole values of the body
 * (channel/values.h): never a part of one, and never a value that is no
 * address, as times are none; but of the provider's ids those that hold a
 * number of theirs (channel.h, whose).
 */

#ifndef PL_MENTION_H_INCLUDED
#define PL_MENTION_H_INCLUDED

#include "apply.h"

#define PL_MENTION_SHARED_MIN  7        /* digits of a phone, for rows of no
                                           tenant: with fewer it is nobody's */

typedef struct {
    Pl__Address *const  *addresses;     /* as contacts have them */
    size_t               n;
    const char          *code;          /* the tenant's calling code, or NULL */
    bool                 shared;        /* rows of no tenant: by phones and
                                           addresses of mail alone, since
                                           names are each tenant's own */
} pl_mention_t;

/*
 * Its raw body is overwritten: it is decoded where it is. No body is an error,
 * nor takes more room than it has: the time is linear, in its length and in
 * how many addresses there are. ar: for ids, and for a command that waited;
 * one that has no room there is looked at word by word. Any thread.
 */
bool pl_mention_aside(const pl_mention_t *of, Pl__Quarantine *row,
    pl_arena_t *ar);

/* Of a status: was it somebody of them that it went to, or came from? */
bool pl_mention_status(const pl_mention_t *of, const Pl__DeliveryStatus *s);

/* Is it an address of theirs? NULL is none. */
bool pl_mention_is(const pl_mention_t *of, const char *value);

#endif /* PL_MENTION_H_INCLUDED */
