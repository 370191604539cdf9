/*
 * Forms of one phone number. In three countries a mobile number is written
 * with a digit more by some and without it by others, WhatsApp included:
 *
 *     Brazil     55 11 9 8765 4321    55 11 8765 4321
 *     Argentina  54 9 11 2345 6789    54 11 2345 6789
 *     Mexico     52 1 55 1234 5678    52 55 1234 5678
 *
 * The other form serves to find a contact that is known by it, and nothing
 * else: no address is ever rewritten, and sends go to forms that a provider
 * has shown. Numbers that can only be landlines have no other form.
 */

#ifndef PL_ALIAS_H_INCLUDED
#define PL_ALIAS_H_INCLUDED

#include "../core/pl.h"

#define PL_ALIAS_MAX  16        /* digits of a form, and a NUL */

/* The other form of a phone (digits). false: it has none. Pure. */
bool pl_alias_other(const char *phone, char out[PL_ALIAS_MAX]);

/*
 * The digits of what may be a phone number as people write it ("+34 600
 * 000-001"); false where it is none, or has no room in out. Pure.
 */
bool pl_alias_digits(const char *text, char *out, size_t size);

/* Are they two forms of one number? */
bool pl_alias_same(const char *a, const char *b);

#endif /* PL_ALIAS_H_INCLUDED */
