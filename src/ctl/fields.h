/*
 * A message of the API by words of the command line: FIELD=VALUE, a field of
 * a message within it as limits.channels=5; and back, as lines to read.
 */

#ifndef PLCTL_FIELDS_H_INCLUDED
#define PLCTL_FIELDS_H_INCLUDED

#include "ctl.h"

/*
 * Sets what the words say; "FIELD=" takes the field away. PL_INVALID: a word
 * is none, or there is no such field; err names it. What a value may be, the
 * API says.
 */
pl_status_t plctl_fields_set(plctl_t *ctl, ProtobufCMessage *msg,
    const char *const *words, unsigned n_words, pl_err_t *err);

/* "field: value" a line, of what is said. */
void plctl_fields_print(plctl_t *ctl, const ProtobufCMessage *msg);

#endif /* PLCTL_FIELDS_H_INCLUDED */
