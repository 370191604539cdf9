/*
 * What options say is to be sent: a text, a template, and its terms.
 */

#ifndef PLCTL_SAID_H_INCLUDED
#define PLCTL_SAID_H_INCLUDED

#include "ctl.h"

/* In ctl's arena; NULL: it is full. */
Pl__Content *plctl_said_text(plctl_t *ctl, const char *body);
Pl__Content *plctl_said_template(plctl_t *ctl, const char *name,
    const char *language, const char *const *params, unsigned n_params);

/*
 * --category, --author, --business-hours and --otherwise-template with what
 * belongs to it, into a request. author: where none is given. PL_INVALID:
 * err says which option is wrong; PL_NOMEM.
 */
pl_status_t plctl_said_terms(plctl_t *ctl, Pl__SendRequest *request,
    Pl__Author author, pl_err_t *err);

/* The same of a line of send batch, which a program says: it is no desk. */
void plctl_said_line(const Pl__Ctl__BatchLine *in, Pl__SendRequest *request);

/* --lane into a request. PL_INVALID: it is none. */
pl_status_t plctl_said_lane(plctl_t *ctl, Pl__SendRequest *request,
    pl_err_t *err);

#define PLCTL_OPTS_TERMS                                                      \
    (PLCTL_OPT_CATEGORY | PLCTL_OPT_AUTHOR | PLCTL_OPT_BUSINESS               \
     | PLCTL_OPT_OTHERWISE | PLCTL_OPT_OTHER_LANGUAGE | PLCTL_OPT_OTHER_PARAM)

#endif /* PLCTL_SAID_H_INCLUDED */
