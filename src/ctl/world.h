/*
 * A world of its own for a flow: a private store in a folder that goes with
 * the program, a clock that stands still until it is turned, and a provider
 * that answers at once. What happens in it passed the real engine: commands
 * go to the journal, the fold applies them, timers fire as entries, and what
 * is due is attempted and answered as the sender does it.
 *
 * Order
 *
 * At each instant, first what is due to be sent leaves, the oldest first;
 * then one timer fires, and so on until nothing is due. Turning the clock
 * goes from instant to instant, so that nothing is skipped or late. So the
 * same deeds give the same world, byte for byte but for the journal's uuid.
 *
 * What the sender does for speed alone (rates, shares, pairs) is not played.
 *
 * One thread. The world borrows the program's surroundings: while it is open
 * ctl->st, ctl->settings and ctl->clock are the world's.
 */

#ifndef PLCTL_WORLD_H_INCLUDED
#define PLCTL_WORLD_H_INCLUDED

#include "../engine/keys.h"
#include "../engine/watch.h"
#include "ctl.h"

#define PLCTL_WORLD_STEPS_MAX   10000   /* commands until it is at rest */
#define PLCTL_WORLD_HELD_MAX    256     /* attempts without an answer */
#define PLCTL_WORLD_SIZE        (1ULL << 30)    /* of each map */
#define PLCTL_WORLD_ACCOUNT     "100000000000001"
#define PLCTL_WORLD_NODE        "100000000000002"

typedef struct plctl_world_s  plctl_world_t;

/* What a world begins with. Everything outlives it. */
typedef struct {
    const Pl__TenantSettings   *tenant;     /* with channels and flows */
    Pl__TemplateRecord        **templates;
    size_t                      n_templates;
    int64_t                     now_ms;
    const char                 *keep;       /* a folder that stays, or NULL */
    const pl_watch_t           *watch;      /* of flows; NULL: nobody looks */
} plctl_world_conf_t;

typedef enum {
    PLCTL_EVENT_LEFT = 0,       /* a message is on the wire */
    PLCTL_EVENT_REFUSED,        /* and the provider refused it */
    PLCTL_EVENT_AUDIT           /* the audit log has a new row */
} plctl_event_e;

typedef struct {
    plctl_event_e            kind;
    int64_t                  time_ms;
    uint64_t                 message;       /* 0: it is about none */
    const Pl__Message       *row;           /* NULL likewise */
    const Pl__SendResult    *result;        /* REFUSED */
    const Pl__AuditEvent    *audit;         /* AUDIT */
    int64_t                  until_ms;      /* of what was deferred; or 0 */
    bool                     taken;         /* whoever looks at it says so */
} plctl_event_t;

/* How the provider answers. */
typedef enum {
    PLCTL_PROVIDER_OK = 0,
    PLCTL_PROVIDER_HOLD,        /* it does not */
    PLCTL_PROVIDER_CODE,        /* the next message: with this error */
    PLCTL_PROVIDER_HTTP         /* the next message: with this status */
} plctl_provider_e;

/*
 * Makes the folder, publishes the settings, and starts the sender's epoch.
 * From then on SIGINT, SIGTERM and SIGHUP end what runs with PL_BUSY, so
 * that the folder is removed; plctl_world_close passes the signal on.
 * ctl->ar holds what the world keeps.
 */
pl_status_t plctl_world_open(plctl_world_t **world, plctl_t *ctl,
    const plctl_world_conf_t *conf, pl_err_t *err);
void plctl_world_close(plctl_world_t *world);       /* NULL is fine */

int64_t plctl_world_now(const plctl_world_t *world);
const char *plctl_world_dir(const plctl_world_t *world);
plctl_t *plctl_world_ctl(const plctl_world_t *world);

/* Was a signal caught? 0: none. */
int plctl_world_signal(void);

/*
 * Appends a command, from a program (told false) or as decoded from what the
 * provider said, and lets everything happen that is due at this instant.
 * PL_INVALID: apply refused it, and err says why.
 */
pl_status_t plctl_world_do(plctl_world_t *world, const Pl__Command *command,
    bool told, pl_err_t *err);

/*
 * Turns the clock, forward only: everything that is due on the way happens
 * at its time. PL_TOOBIG: it never comes to rest.
 */
pl_status_t plctl_world_turn(plctl_world_t *world, int64_t to_ms,
    pl_err_t *err);

/* When something happens by itself next; INT64_MAX: never. */
pl_status_t plctl_world_next(plctl_world_t *world, int64_t *next_ms,
    pl_err_t *err);

/*
 * The engine gets to know a time zone of the machine's database, as the
 * sender tells it. PL_NOTFOUND: there is none of that name.
 */
pl_status_t plctl_world_zone(plctl_world_t *world, const char *name,
    pl_err_t *err);

/* Says how to answer from now on, and answers what was held. */
pl_status_t plctl_world_provider(plctl_world_t *world,
    plctl_provider_e how, int code, pl_err_t *err);

/* A status of a message that was sent: delivered, read, failed. */
pl_status_t plctl_world_status(plctl_world_t *world, uint64_t message,
    const char *word, pl_err_t *err);

/* All that has happened so far, in order; until the next deed. */
size_t plctl_world_events(const plctl_world_t *world,
    plctl_event_t **events);

/* A message, in ctl's arena. PL_NOTFOUND. */
pl_status_t plctl_world_message(plctl_world_t *world, uint64_t id,
    Pl__Message **message, pl_err_t *err);

/* A template that the world began with, or NULL. */
const Pl__TemplateRecord *plctl_world_template(const plctl_world_t *world,
    const char *name, const char *language);

/* The tenant's number, and the sandbox channel's. */
uint32_t plctl_world_tenant(const plctl_world_t *world);
uint32_t plctl_world_channel(const plctl_world_t *world);

/* Ids for messages and requests, the same in every run. */
uint64_t plctl_world_draw(plctl_world_t *world);

#endif /* PLCTL_WORLD_H_INCLUDED */
