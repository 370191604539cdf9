/*
 * number explain: what a telephone number is (api/number.h). Needs a store
 * only where a tenant says what a leading 0 stands for.
 */

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../api/number.h"
#include "../core/str.h"
#include "cmd.h"

#define NUMBER_SELF  "/proc/self/exe"

static pl_status_t number_code(plctl_t *ctl, const char *const *words,
    unsigned n_words, const char **code, pl_err_t *err);
static pl_numbering_t *number_library(plctl_t *ctl);
static const char *number_file(plctl_t *ctl, const char *folder);
static bool number_trusted(const struct stat *file);
static int number_report(plctl_t *ctl, const Pl__Api__NumberAnswer *answer);
static void number_print(plctl_t *ctl, const Pl__Api__NumberAnswer *answer);
static void number_row(plctl_t *ctl, const char *name, const char *value);


int
plctl_cmd_number_explain(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    int                     status;
    pl_err_t                err = { 0 };
    const char             *code;
    pl_numbering_t         *numbering;
    Pl__Api__NumberAnswer   answer = PL__API__NUMBER_ANSWER__INIT;

    if (n_words == 2 && (ctl->args->given & PLCTL_OPT_TENANT)) {
        plctl_note(ctl, "number explain: one of CODE and --tenant says what "
                   "a leading 0 stands for");
        return PLCTL_EXIT_USAGE;
    }

    if (strlen(words[0]) > PL_ADDRESS_MAX) {
        (void) pl_err_set(&err, PL_TOOBIG, "number", 0,
                          "it is longer than %d bytes", PL_ADDRESS_MAX);
        return plctl_fail(ctl, &err);
    }

    if (number_code(ctl, words, n_words, &code, &err) != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    numbering = number_library(ctl);

    status = pl_number_answer(numbering, ctl->ar, words[0], code, &answer,
                              &err) == PL_OK
             ? number_report(ctl, &answer) : plctl_fail(ctl, &err);

    pl_numbering_close(numbering);

    return status;
}


static pl_status_t
number_code(plctl_t *ctl, const char *const *words, unsigned n_words,
    const char **code, pl_err_t *err)
{
    uint32_t                 id;
    pl_status_t              rc;
    const pl_tenant_conf_t  *tenant;

    *code = n_words == 2 ? words[1] : NULL;

    if (!(ctl->args->given & PLCTL_OPT_TENANT)) {
        return PL_OK;
    }

    rc = plctl_open(ctl, err);

    if (rc == PL_OK) {
        rc = plctl_tenant(ctl, ctl->args->tenant, &id, err);
    }

    if (rc == PL_OK) {
        tenant = pl_settings_tenant(ctl->settings, id);
        *code = tenant == NULL ? NULL : tenant->row->calling_code;
    }

    return rc;
}


/*
 * Beside this program, or where it is installed. NULL: it is not there; or
 * it is, and cannot be loaded, which is said and is no failure.
 */

static pl_numbering_t *
number_library(plctl_t *ctl)
{
    char             text[PL_ERR_PATH_MAX + PL_ERR_TEXT_MAX];
    size_t           i;
    pl_err_t         err = { 0 };
    const char      *file;
    struct stat      st;
    pl_numbering_t  *numbering = NULL;

    static const char *const  folders[] = { "", "../lib/parley/" };

    for (i = 0; i < PL_COUNT(folders); i++) {
        file = number_file(ctl, folders[i]);

        if (file == NULL || stat(file, &st) != 0) {
            continue;
        }

        if (!number_trusted(&st)) {
            plctl_note(ctl, "%s belongs to somebody else: it is not loaded",
                       plctl_clean(ctl->ar, file));

        } else if (pl_numbering_open(&numbering, file, &err) != PL_OK) {
            plctl_note(ctl, "%s", plctl_clean(ctl->ar,
                       pl_err_print(&err, text, sizeof(text))));
        }

        return numbering;
    }

    return NULL;
}


static const char *
number_file(plctl_t *ctl, const char *folder)
{
    char     self[PL_PATH_MAX];
    char    *slash;
    ssize_t  len;

    len = readlink(NUMBER_SELF, self, sizeof(self) - 1);
    if (len <= 0) {
        return NULL;
    }

    self[len] = '\0';

    slash = strrchr(self, '/');
    if (slash == NULL) {
        return NULL;
    }

    slash[1] = '\0';

    return pl_arena_printf(ctl->ar, "%s%s" PL_NUMBERING_FILE, self, folder);
}


/*
 * Where parleyctl is run from a folder that others write to, such as /tmp,
 * nobody else's code is run with it.
 */

static bool
number_trusted(const struct stat *file)
{
    struct stat  self;

    return file->st_uid == 0
           || (stat(NUMBER_SELF, &self) == 0 && file->st_uid == self.st_uid);
}


static int
number_report(plctl_t *ctl, const Pl__Api__NumberAnswer *answer)
{
    pl_err_t  err = { 0 };

    if (!ctl->json) {
        number_print(ctl, answer);

    } else if (plctl_json(ctl, &answer->base, &err) != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    return PLCTL_EXIT_OK;
}


static void
number_print(plctl_t *ctl, const Pl__Api__NumberAnswer *answer)
{
    size_t       i;
    const char  *source = "none: " PL_NUMBERING_FILE " is not loaded";

    number_row(ctl, "kept as", answer->number);
    number_row(ctl, "E.164", answer->e164);

    if (answer->explained) {
        number_row(ctl, "country", answer->country);
        number_row(ctl, "code", answer->calling_code);
        number_row(ctl, "kind", plctl_enum(ctl->ar,
                                    &pl__api__number_kind__descriptor,
                                    (int) answer->kind));
        number_row(ctl, "national", answer->national);
        number_row(ctl, "abroad", answer->international);
        number_row(ctl, "possible", answer->possible ? "yes" : "no");
        number_row(ctl, "valid", answer->valid ? "yes" : "no");
    }

    if (answer->source != NULL) {
        source = plctl_print(ctl->ar, "%s%s%s", answer->source->name,
                             answer->source->version != NULL ? " " : "",
                             answer->source->version != NULL
                             ? answer->source->version : "");
    }

    number_row(ctl, "source", answer->e164 != NULL ? source : NULL);

    for (i = 0; i < answer->n_warnings; i++) {
        number_row(ctl, "warning", answer->warnings[i]->text);
    }
}


static void
number_row(plctl_t *ctl, const char *name, const char *value)
{
    if (value != NULL) {
        fprintf(ctl->out, "%-8s  %s\n", name, plctl_clean(ctl->ar, value));
    }
}
