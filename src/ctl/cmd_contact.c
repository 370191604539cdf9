/*
 * contact set: what is known of a person is written down. The request goes to
 * the journal, as everything does.
 */

#include <inttypes.h>
#include <stdio.h>

#include "cmd.h"
#include "recipient.h"

static int contact_ask(plctl_t *ctl, const Pl__Command *command);


int
plctl_cmd_contact_set(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    pl_err_t            err = { 0 };
    pl_status_t         rc;
    Pl__Command         command = PL__COMMAND__INIT;
    Pl__ContactSet      set = PL__CONTACT_SET__INIT;
    plctl_recipient_t   to;

    (void) n_words;

    set.name = (char *) ctl->args->name;
    set.time_zone = (char *) ctl->args->zone;
    set.language = (char *) ctl->args->language;

    set.reachable = (ctl->args->given & PLCTL_OPT_REACHABLE) != 0;
    set.has_reachable = set.reachable;

    if (set.name == NULL && set.time_zone == NULL && set.language == NULL
        && !set.reachable)
    {
        plctl_note(ctl, "one of --name, --zone, --language and --reachable "
                   "is needed");
        return PLCTL_EXIT_USAGE;
    }

    rc = plctl_open_tenant(ctl, words[0], &set.tenant, &err);

    if (rc == PL_OK) {
        rc = plctl_recipient(&to, words[1], &err);
    }

    if (rc != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    set.has_contact = (to.contact != 0);
    set.contact = to.contact;
    set.address = to.contact != 0 ? NULL : &to.address;
    set.actor = (char *) plctl_actor(ctl);
    command.of_case = PL__COMMAND__OF_CONTACT_SET;
    command.contact_set = &set;

    return contact_ask(ctl, &command);
}


static int
contact_ask(plctl_t *ctl, const Pl__Command *command)
{
    bool            folded;
    pl_err_t        err = { 0 };
    pl_appended_t   appended;

    if (plctl_ask(ctl, command, &appended, &folded, &err) != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    fprintf(ctl->out, "entry %" PRIu64 ": %s\n", appended.first,
            folded ? "written down" : "asked for; nobody has folded it yet");

    return PLCTL_EXIT_OK;
}
