package Parley::Script;

# Plays a script of `parleyctl simulate` (docs/simulate.md) through a real
# nginx, a real sender and the provider: people write by signed webhooks,
# time passes by a clock that all programs see, and what leaves is what the
# provider was given.
#
# A script is held to the same lines as in virtual time. What only virtual
# time can show is left out here, and `skipped` counts it: how a queue stands
# at one instant, and the like.

use warnings;
use strict;

use JSON::PP;
use POSIX ();
use Time::HiRes qw/ sleep time /;
use Time::Local qw/ timegm /;

use Parley::Clock;
use Parley::Nginx;
use Parley::Provider;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;

use constant {
    SETTLE_SECONDS => 120, POLL_SECONDS => 0.02, PAUSE_SECONDS => 0.1
};

###############################################################################

# parse(text): { verb, words, source, line } of each line that has a verb
sub parse {
    my ($text) = @_;
    my ($number, @lines) = (0);

    for my $source (split /\n/, $text) {
        $number++;
        $source =~ s/^\s+|\s+$//g;
        next if $source eq '' || $source =~ /^#/;
        my ($verb, $rest) = $source =~ /^(\+|\S+)\s*(.*)$/s;
        ($verb, $rest) = ('+', $1) if $source =~ /^\+\s*(\S+)/;
        my @words = $verb eq '>' ? (unescape($rest)) : words($rest);
        push @lines, { verb => $verb, words => \@words, line => $number,
            source => $source };
    }

    return @lines;
}

# bare, "in quotes", or /a pattern/, which comes as a reference
sub words {
    my ($text) = @_;
    my @words;

    while ($text =~ /\G\s*(?:"((?:[^"\\]|\\.)*)"
        |\/((?:[^\/\\]|\\.)*)\/|(\S+))/gx)
    {
        push @words, defined $1 ? unescape($1)
            : defined $2 ? qr/$2/ : $3;
    }

    return @words;
}

sub unescape {
    my ($text) = @_;
    $text =~ s/\\(.)/$1 eq 'n' ? "\n" : $1/ge;
    return $text;
}

###############################################################################

# new(nginx, clock, drafts): the nginx is configured and does not run yet.
# drafts: a file of templates; the provider lists them as approved.
sub new {
    my ($class, $t, $clock, $drafts) = @_;
    my $dir = $t->testdir();
    return bless {
        t => $t, dir => $dir, clock => $clock, drafts => $drafts,
        ids => 0, taken => {},
        provider => Parley::Provider->new($dir)->run(),
        store => Parley::Store->new($dir), sender => undef,
        person => { name => 'Anna', phone => '4915510000001' },
        people => {}, failed => [], skipped => 0,
    }, $class;
}

# play(text): what was wrong, as lines; none: nothing
sub play {
    my ($self, $text) = @_;

    for my $line (parse($text)) {
        my $do = $self->can("do_" . verb_name($line->{verb}))
            or die "no verb $line->{verb} in line $line->{line}\n";
        $self->begin() if $line->{verb} ne 'at' && !$self->{sender};
        $self->{line} = $line;
        $do->($self, @{$line->{words}});
        last if @{$self->{failed}};
    }

    $self->do_nothing() unless @{$self->{failed}};
    return @{$self->{failed}};
}

sub verb_name {
    my ($verb) = @_;
    return { '>' => 'say', '<' => 'leaves', '+' => 'pass' }->{$verb} // $verb;
}

sub begin {
    my ($self) = @_;
    $self->{t}->run();
    wait_for { exists $self->{store}->status()->{next} };
    $self->{provider}->script({ path => '/message_templates',
        body => listed($self->{drafts}) }) if $self->{drafts};
    $self->{sender} = Parley::Sender->new($self->{dir})->run();
    return unless $self->{drafts};

    my ($status, $out, $err) = $self->{store}->ctl(qw/ templates sync demo /);
    die "templates are not read: $out$err\n" if $status != 0;
}

# A file of drafts as the provider lists templates.
sub listed {
    my ($file) = @_;
    my ($n, @data) = (0);
    my $drafts = JSON::PP->new->utf8->decode(
        slurp($file) =~ s!^\s*//.*\n!!gmr);

    for my $d (@{$drafts->{templates}}) {
        my @components = ({ type => 'BODY', text => $d->{body} });
        push @components, { type => 'FOOTER', text => $d->{footer} }
            if $d->{footer};
        push @components, { type => 'BUTTONS', buttons => [ map { {
            type => uc $_->{kind}, text => $_->{text} } }
            @{$d->{buttons}} ] } if $d->{buttons};
        push @data, { id => '' . ++$n, name => $d->{name},
            language => $d->{language}, status => 'APPROVED',
            category => uc $d->{category}, parameter_format => 'NAMED',
            components => \@components };
    }

    return JSON::PP->new->utf8->encode({ data => \@data });
}

sub end {
    my ($self) = @_;
    $self->{sender}->stop() if $self->{sender};
    $self->{t}->stop();
    $self->{provider}->stop();
}

sub fail {
    my ($self, $why) = @_;
    push @{$self->{failed}},
        "line $self->{line}{line}: $self->{line}{source}: $why";
}

# Is all that was said folded, and all that is due on the wire? So it must look
# three times, with nothing appended in between and pauses that are longer than
# the sender's own, which a clock that was turned is seen after.
sub settle {
    my ($self) = @_;
    my $until = time() + SETTLE_SECONDS;
    my ($calm, $before) = (0, '');

    while (1) {
        die "it never comes to rest\n" if time() > $until;
        my $began = time();
        my ($next, $queued) = $self->rest();
        $calm = $next eq '' || $next ne $before ? 0 : $calm + 1;
        $before = $next;
        last if $calm == 2 && !($queued && $self->due());
        my $took = time() - $began;
        sleep($next eq '' ? POLL_SECONDS
            : $took > PAUSE_SECONDS ? $took : PAUSE_SECONDS);
        $calm = 1 if $calm == 2;
    }

    $self->{settled} = 1;
}

# where the journal ends, if nothing is under way, else ''; and how many wait
sub rest {
    my ($self) = @_;
    my $status = $self->{store}->status();
    my %rows = map { $_->{name} => $_->{rows} } @{$status->{tables} // []};

    return '' if ($status->{next} // 0) <= 1 || ($status->{lag} // 1) != 0
        || ($rows{attempts} // 1) != 0;
    return ($status->{next}, $rows{outbox} // 1);
}

# What is on the wire, or may leave now.
sub due {
    my ($self) = @_;
    my $now = $self->{clock}->now();

    for my $row ($self->{store}->all('outbox')) {
        return 1 if $row->{place} eq 'in_flight' || $row->{place} eq 'waiting'
            || $row->{place} eq 'head'
                && ($row->{due_ms} // $row->{effect}{due_ms} // 0) <= $now;
    }
    return 0;
}

# ---- time -------------------------------------------------------------------

sub do_at {
    my ($self, $when, $zone) = @_;
    $self->{zone} = $zone if $zone;
    my $ms = moment($when, $self->{zone} // 'UTC');
    $self->settle() if $self->{sender} && !$self->{settled};
    $self->{clock}->turn(($ms - $self->{clock}->now()) / 1000);
    $self->settle() if $self->{sender};
}

sub do_pass {
    my ($self, $duration) = @_;
    $self->settle() if !$self->{settled};
    $self->{clock}->turn(seconds($duration));
    $self->settle();
}

sub seconds {
    my ($text) = @_;
    my %unit = (s => 1, m => 60, h => 3600, d => 86400, w => 7 * 86400);
    my $sum = 0;
    while ($text =~ /(\d+)(ms|[smhdw])/g) {
        $sum += $2 eq 'ms' ? $1 / 1000 : $1 * $unit{$2};
    }
    return $sum;
}

# a wall's time in a zone, in milliseconds
sub moment {
    my ($when, $zone) = @_;
    my ($y, $mo, $d, $h, $mi, $s) = $when =~
        /^(\d+)-(\d+)-(\d+)(?:T(\d+):(\d+)(?::(\d+))?)?/
        or die "no time: $when\n";
    return timegm($s // 0, $mi // 0, $h // 0, $d, $mo - 1, $y) * 1000
        if $when =~ /Z$/;
    local $ENV{TZ} = $zone;
    POSIX::tzset();
    my $t = POSIX::mktime($s // 0, $mi // 0, $h // 0, $d, $mo - 1,
        $y - 1900, 0, 0, -1);
    delete local $ENV{TZ};
    POSIX::tzset();
    return $t * 1000;
}

# ---- who, and what they do --------------------------------------------------

sub do_contact {
    my ($self, $name, %what) = @_;
    my $n = keys %{$self->{people}};
    my $person = $self->{people}{$name} //= {
        name => decoded($name), phone => sprintf('4915510000%03d', $n + 1) };
    $person->{phone} = $what{phone} if $what{phone};
    $self->{person} = $person;

    my ($status, $out, $err) = $self->{store}->ctl('contact', 'set', 'demo',
        $person->{phone}, '--name', $name, map { exists $what{$_}
            ? ("--$_", $what{$_}) : () } qw/ language zone /);
    $self->fail("$status: $out$err") if $status != 0;
    $self->{settled} = 0;
}

sub decoded {
    my ($text) = @_;
    utf8::decode($text);
    return $text;
}

sub do_say {
    my ($self, $text) = @_;
    utf8::decode($text);
    $self->message(type => 'text', text => { body => $text });
}

sub do_tap {
    my ($self, $id) = @_;
    my $found = $self->button($id);
    return $self->fail('nothing that was sent has it') unless $found;
    my ($kind, $title) = @$found;

    return $self->message(type => 'button',
        button => { payload => $id, text => $title })
        if $kind eq 'template';
    $self->message(type => 'interactive', interactive => {
        type => "${kind}_reply",
        "${kind}_reply" => { id => $id, title => $title } });
}

# the newest of what this person got that has such a button
sub button {
    my ($self, $id) = @_;

    for my $sent (reverse $self->sent()) {
        my $body = decode_json($sent->{body});
        for my $b (@{$body->{interactive}{action}{buttons} // []}) {
            return [ 'button', $b->{reply}{title} ]
                if $b->{reply}{id} eq $id;
        }
        for my $s (@{$body->{interactive}{action}{sections} // []}) {
            for my $r (@{$s->{rows}}) {
                return [ 'list', $r->{title} ] if $r->{id} eq $id;
            }
        }
        for my $c (@{$body->{template}{components} // []}) {
            next unless lc($c->{type}) eq 'button';
            return [ 'template', $id ]
                if ($c->{parameters}[0]{payload} // '') eq $id;
        }
    }

    return undef;
}

sub message {
    my ($self, %content) = @_;
    my $person = $self->{person};
    my $change = wa_change({
        contacts => [ { wa_id => $person->{phone}, profile => {
            name => $person->{name} } } ],
        messages => [ { from => $person->{phone},
            id => 'wamid.PERSON' . ++$self->{ids},
            timestamp => '' . int($self->{clock}->now() / 1000),
            %content } ] });
    $self->post($change);
}

sub post {
    my ($self, $change) = @_;
    my $answer = wa_post(wa_body($change));
    $self->fail('answered ' . http_status($answer))
        if http_status($answer) != 200;
    $self->settle();
}

sub do_optin { consent($_[0], $_[1], 'resume') }

sub do_optout { consent($_[0], $_[1], 'stop') }

sub consent {
    my ($self, $category, $value) = @_;
    my $person = $self->{person};
    my $change = wa_change({
        contacts => [ { wa_id => $person->{phone}, profile => {
            name => $person->{name} } } ],
        user_preferences => [ { wa_id => $person->{phone},
            category => $category, value => $value,
            timestamp => int($self->{clock}->now() / 1000) } ] });
    $change->{field} = 'user_preferences';
    $self->post($change);
}

sub do_event {
    my ($self, $name, @variables) = @_;
    my ($status, $out, $err) = $self->{store}->ctl('flow', 'start', 'demo',
        'main', $self->{person}{phone}, @variables, '--event', $name);
    $self->fail("$status: $out$err") if $status != 0;
    $self->settle();
}

sub do_take {
    my ($self, $reason) = @_;
    my ($status, $out, $err) = $self->{store}->ctl('handover', 'take',
        'demo', $self->{person}{phone},
        defined $reason ? ('--reason', $reason) : ());
    $self->fail("$status: $out$err") if $status != 0;
    $self->settle();
}

sub do_release {
    my ($self) = @_;
    my ($status, $out, $err) = $self->{store}->ctl('handover', 'release',
        'demo', $self->{person}{phone});
    $self->fail("$status: $out$err") if $status != 0;
    $self->settle();
}

# ---- what came of it --------------------------------------------------------

# what this person got
sub sent {
    my ($self) = @_;
    return grep { ($_->{to} // '') =~ /$self->{person}{phone}/ }
        $self->{provider}->accepted();
}

# The first message to this person that no line has expected.
sub do_leaves {
    my ($self, $kind, @words) = @_;
    my ($row) = grep { !$self->{taken}{ $_->{n} } } $self->sent();
    return $self->fail('nothing has left') unless $row;

    $self->{taken}{ $row->{n} } = 1;
    my $sent = shown(decode_json($row->{body}));
    my $good = $kind eq 'any' ? 1
        : $kind ne $sent->{kind} ? 0
        : $kind eq 'template' ? template_fits($sent, @words)
        : (!@words || fits(shift @words, $sent->{text}))
            && (!@words || same(\@words, $sent->{choices}));
    $self->fail('left: ' . said($sent)) unless $good;
}

sub template_fits {
    my ($sent, $name, @words) = @_;
    return 0 if defined $name && !fits($name, $sent->{name});

    while (@words) {
        my $what = shift @words;
        return same(\@words, $sent->{values}) if $what eq 'body';
        my $value = shift @words;
        return 0 if $what eq 'language' && !fits($value, $sent->{language});
        # what a template says in whole is the provider's to know
    }

    return 1;
}

sub same {
    my ($words, $values) = @_;
    return @$words == @$values
        && !grep { !fits($words->[$_], $values->[$_]) } 0 .. $#$words;
}

# { kind, text, choices } or { kind, name, language, values }
sub shown {
    my ($body) = @_;
    my $type = $body->{type};

    if ($type eq 'template') {
        my ($c) = grep { lc $_->{type} eq 'body' }
            @{$body->{template}{components} // []};
        return { kind => 'template', name => $body->{template}{name},
            language => $body->{template}{language}{code},
            values => [ map { $_->{text} } @{$c->{parameters} // []} ] };
    }

    if ($type eq 'interactive') {
        my ($i, %kinds) = ($body->{interactive}, button => 'buttons',
            cta_url => 'url', flow => 'form',
            location_request_message => 'ask_location');
        my @choices = ((map { $_->{reply}{id} }
                @{$i->{action}{buttons} // []}),
            (map { map { $_->{id} } @{$_->{rows}} }
                @{$i->{action}{sections} // []}));
        return { kind => $kinds{$i->{type}} // $i->{type},
            text => $i->{body}{text} // '', choices => \@choices };
    }

    return { kind => $type, choices => [], text => $type eq 'text'
        ? $body->{text}{body} : $body->{$type}{caption} // '' };
}

sub said {
    my ($s) = @_;
    my $said = join ' ', $s->{kind}, map { defined $_ ? "\"$_\"" : () }
        $s->{name}, $s->{text}, @{$s->{values} // $s->{choices}};
    utf8::encode($said) if utf8::is_utf8($said);
    return $said;
}

# A glob, in which \* is a star, or a pattern.
sub fits {
    my ($glob, $text) = @_;
    utf8::encode($text) if utf8::is_utf8($text);
    return $text =~ $glob if ref $glob;
    my $re = join '.*', map { quotemeta s/\\\*/*/gr }
        split /(?<!\\)\*/, $glob, -1;
    return $text =~ /\A$re\z/s;
}

# Nothing to anybody that no line has expected.
sub do_nothing {
    my ($self) = @_;
    my ($row) = grep { $_->{to} && !$self->{taken}{ $_->{n} } }
        $self->{provider}->accepted();
    $self->fail('left: ' . said(shown(decode_json($row->{body})))) if $row;
}

# What stands in the store at an instant is for virtual time to show.
sub do_expect { $_[0]->{skipped}++ }

sub do_blocked { $_[0]->{skipped}++ }

sub do_deferred { $_[0]->{skipped}++ }

###############################################################################

1;
