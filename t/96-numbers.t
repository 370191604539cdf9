#!/usr/bin/perl

# Tests for telephone numbers that are explained, over the API and by
# parleyctl: with libphonenumber loaded by nginx, and without. What it says
# refuses nothing, and a number stands in no log.

###############################################################################

use warnings;
use strict;

use File::Copy qw/ copy /;
use JSON::PP;
use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Api;
use Parley::Nginx;
use Parley::Process;
use Parley::Store;

###############################################################################

my $built = build_dir() . '/parley-libphonenumber.so';
plan(skip_all => 'no libphonenumber-dev here')
    unless -e '/usr/include/phonenumbers/phonenumberutil.h';

my $t = Parley::Nginx->new();
$t->has('bin:gcc')->plan(80);
my $dir = $t->testdir();
my $library = "$dir/parley-libphonenumber.so";

ok(-r $built, 'where the library is, its face is built') or exit 1;

my $conf = <<'EOC';

%%TEST_GLOBALS%%

worker_processes 2;

events {
}

http {
    %%TEST_GLOBALS_HTTP%%
    # all that a log could have of a request
    log_format all '$request $request_uri $args $http_referer $body_bytes_sent'
                   ' $status';

    parley_store store;
    %%LIBRARY%%

    parley_tenant demo {
        calling_code 31;

        channel main whatsapp {
            phone_number_id 106540352242922;
            waba_id         102290129340398;
            token_file      secrets/channel.token;
        }
    }
    parley_tenant other {
        channel main whatsapp {
            phone_number_id 106540352242923;
            waba_id         102290129340399;
            token_file      secrets/channel.token;
        }
    }

    server {
        listen 127.0.0.1:8080;
        access_log %%TESTDIR%%/access.log all;

        location /v1/ {
            parley_api;
            parley_api_body_max 2k;
        }
    }
}

EOC

configure('');
my $store = Parley::Store->new($dir);
$t->run();

my %key = map { $_ => $store->key('demo', $_) } qw/ readonly agent /;
my $api = Parley::Api->new($key{readonly});
my $all = Parley::Api->new($store->key(qw/ --all operator /));
my $other = Parley::Api->new($store->key('other', 'readonly'));

###############################################################################

# without the library

my $got = told('06 1234 5678');
is($got->{status}, 200, 'without the library');
is_deeply($got->{json}, { number => '31612345678', e164 => '+31612345678',
    explained => JSON::PP::false }, 'our own form alone');
is_deeply([ mapped() ], [], 'and no worker has C++');

$got = told('112 911 2');
is($got->{json}{e164}, '+1129112', 'whatever it is');

problem(told('call me'), '#/number', 'no number');
problem(told('1' x 21), '#/number', 'more digits than any has');
is(told('1' x 20)->{status}, 200, 'one less');
problem(told('1' . ' ' x 256), '#/number', 'more bytes than a number has');
is(told('1' . ' ' x 255)->{status}, 200, 'as many');
problem(told("06\x{0}12"), '#/number', 'with a NUL');
problem(told(''), '#/number', 'none');
problem(told('06', calling_code => '031'), '#/calling_code',
    'a calling code that is none');
problem($api->post('/v1/numbers/explain', {}), '#/number', 'nothing');
problem($api->post('/v1/numbers/explain', { number => 31 }), '#/number',
    'no text');
problem($api->post('/v1/numbers/explain', { number => '1', x => 1 }), '#/x',
    'what nobody knows');
is($api->post('/v1/numbers/explain', '{"number":"' . '1' x 1048576
    . '"}')->{status}, 413, 'a megabyte');
is($api->get('/v1/numbers/explain')->{status}, 405, 'not in a path');
is($api->post('/v1/numbers/explain', { number => '1' },
    Authorization => undef)->{status}, 401, 'for nobody');

# what cannot be loaded is a mistake of the configuration

$t->write_file('junk.so', "no object\n");
$t->write_file('other.c', <<'EOC');
struct face { unsigned version; } const face = { 2 };
const struct face *pl_numbering_face(void) { return &face; }
EOC
is(system(qw/ gcc -shared -fPIC -o /, "$dir/newer.so", "$dir/other.c"), 0,
    'a library of another version');

mistake('none.so', qr/none\.so: cannot open shared object/,
    'that is not there');
mistake('junk.so', qr/junk\.so: file too short|invalid ELF/, 'that is none');
mistake('newer.so', qr/newer\.so: it is of another version/,
    'of another version');
mistake("$built; parley_number_library $built", qr/is duplicate/, 'two');

my @before = sort { $a <=> $b } $t->workers();
$t->expect(qr/junk\.so/);
configure("$dir/junk.so");
$t->reload();
wait_for { $t->read_file('error.log') =~ /\[emerg\].*junk\.so/ };
is_deeply([ sort { $a <=> $b } $t->workers() ], \@before,
    'a reload that names one changes nothing');
is(told('06 1234 5678')->{status}, 200, 'and is answered as before');

# with it, after a reload

copy($built, $library) or die "cannot copy $built: $!\n";
configure('parley-libphonenumber.so');
is(($t->check())[0], 0, 'nginx -t with the library');
$t->reload();
ok(wait_for { (told('06 1234 5678')->{json}{explained} // 0) == 1 },
    'a reload loads it');

$got = told('06 1234 5678')->{json};
my $source = delete $got->{source};
my $warnings = delete $got->{warnings};
is_deeply($got, { number => '31612345678', e164 => '+31612345678',
    explained => JSON::PP::true, calling_code => '31', country => 'NL',
    kind => 'mobile', national => '06 12345678',
    international => '+31 6 12345678', possible => JSON::PP::true,
    valid => JSON::PP::true }, 'a mobile number');
is($source->{name}, 'libphonenumber', 'who says so');
like($source->{version}, qr/^\d+\.\d+/, 'which of them');
like($source->{not_after}, qr/^20\d\d-\d\d-\d\d$/, 'and how old it is');
is_deeply([ map { $_->{doubt} } @$warnings ], [ 'old_data' ],
    'which is all that it warns of');
like($warnings->[0]{text}, qr/\Q$source->{not_after}\E or older/,
    'with the day');

my @rows = (
    [ '+31 20 123 4567', 'NL', 'fixed_line', 'old_data' ],
    [ '0900-123456', 'NL', 'premium_rate', 'old_data' ],
    [ '085 123 4567', 'NL', 'voip', 'old_data' ],
    [ '+4915123456789', 'DE', 'mobile', 'old_data' ],
    [ '+49 30 12345678', 'DE', 'fixed_line', 'old_data' ],
    [ '+44 7400 123456', 'GB', 'mobile', 'old_data' ],
    [ '+44 7700 900123', undef, 'unknown', 'not_in_use old_data' ],
    [ '+1 (201) 555-0123', 'US', 'fixed_line_or_mobile', 'old_data' ],
    [ '+55 11 96123-4567', 'BR', 'mobile', 'old_data' ],
    [ '+55 11 9612-3456', 'BR', 'unknown', 'not_in_use old_data' ],
    [ '+31 88', 'NL', 'unknown', 'too_short old_data' ],
    [ '612345678', undef, 'unknown', 'not_in_use national old_data' ],
    [ '+999 1234567', undef, 'unknown', 'calling_code old_data' ],
);

for my $row (@rows) {
    my ($number, $country, $kind, $doubts) = @$row;
    my $said = told($number)->{json};
    is(join(' ', $said->{country} // '-', $said->{kind},
        map { $_->{doubt} } @{$said->{warnings}}),
        join(' ', $country // '-', $kind, $doubts), "of $number");
}

is(told('(201) 555-0123', calling_code => '1')->{json}{warnings}[0]{doubt},
    'national', 'said as at home, where there is no 0');

# whose 0 it is

$got = $other->post('/v1/numbers/explain', { number => '0612345678' })
    ->{json};
is($got->{explained}, JSON::PP::false, 'a tenant without a calling code');
is_deeply([ map { $_->{doubt} } @{$got->{warnings}} ], [ 'country_missing' ],
    'says why');
is($other->post('/v1/numbers/explain', { number => '0612345678',
    calling_code => '39' })->{json}{country}, 'IT', 'or says one');
is($all->post('/v1/numbers/explain', { number => '+31612345678' })
    ->{json}{kind}, 'mobile', 'an operator, of no tenant');
is($all->post('/v1/numbers/explain', { number => '0612345678' },
    'Parley-Tenant' => 'demo')->{json}{country}, 'NL', 'or of one');

problem(told('call me'), '#/number', 'no number is none, as before');

# it refuses nothing, and changes nothing

$got = Parley::Api->new($key{agent})->post('/v1/contacts',
    { phone => '+31 88' });
is($got->{status}, 201, 'what it warns of is taken all the same');
is($got->{json}{addresses}[0]{value}, '3188', 'in our own form');

# many at once, by both workers

my @calls = map { $api->start('POST', '/v1/numbers/explain',
    { number => '+3161234' . (1000 + $_) }) } 1 .. 100;
is(scalar(grep { ($_->{json}{kind} // '') eq 'mobile' }
    map { $api->end($_) } @calls), 100, 'a hundred at once');
ok(mapped() > 0, 'the workers have the library now');

# the file goes; who has it keeps it

unlink $library or die "cannot remove $library: $!\n";
is(told('+31612345678')->{json}{kind}, 'mobile', 'its file may go');
configure('');
$t->reload();
ok(wait_for { !(told('+31612345678')->{json}{explained} // 1) },
    'and a reload without it ends it');

# parleyctl

my ($status, $out, $err) = $store->ctl(qw/ number explain +31612345678 /);
is("$status $err", '0 ', 'parleyctl, without a word on stderr');
like($out, qr/^kind      mobile$/m, 'what it is');
like($out, qr/^warning   .*may be out of date$/m, 'and how old that is');
is(($store->json(qw/ number explain 0612345678 --tenant demo /))[0]{country},
    'NL', 'with a tenant');
is(($store->json(qw/ number explain 0612345678 39 /))[0]{country}, 'IT',
    'with a calling code');
is(($store->ctl(qw/ number explain 06 39 --tenant demo /))[0], 2, 'not both');
is(($store->ctl(qw/ number explain 06 --tenant nobody /))[0], 1,
    'a tenant that is not there');

($status, $out, $err) = $store->ctl('number', 'explain', 'call me');
is("$status $out", '1 ', 'no number');
like($err, qr/: number: it is no telephone number/, 'and why');
unlike($err, qr/call me/, 'without it');
is(($store->ctl('number', 'explain', '1' . ' ' x 256))[0], 1, 'a long one');

copy(build_dir() . '/parleyctl', "$dir/parleyctl") or die;
chmod 0755, "$dir/parleyctl";
is_deeply(alone(), [ 0, { number => '31612345678', e164 => '+31612345678',
    explained => JSON::PP::false }, '' ], 'parleyctl without the library');

copy("$dir/junk.so", $library);
my $alone = alone();
is($alone->[1]{explained}, JSON::PP::false, 'beside one that is none');
like($alone->[2], qr/^parleyctl: numbering: \Q$library\E: /, 'which it says');

SKIP: {
    skip 'only root gives files away', 1 if $> != 0;
    chown 65534, 65534, $library or die;
    is(alone()->[2], "parleyctl: $library belongs to somebody else: it is not"
        . " loaded\n", 'nor one of somebody else');
}

# memory that ends within the library: no exception leaves it

ends_well();

# and no log has a number

$t->stop();
my $logs = join '', map { $t->read_file($_) } $t->logs();
like($logs, qr!POST /v1/numbers/explain !, 'the logs have the requests');
is(join(' ', $logs =~ /(\S*(?:612345|0612 ?3456|201.?555|call me)\S*)/g), '',
    'and no number');

###############################################################################

sub configure {
    my ($file) = @_;
    my $line = $file eq '' ? '' : "parley_number_library $file;";
    $t->write_file_expand('nginx.conf', $conf =~ s/%%LIBRARY%%/$line/r);
}

sub mistake {
    my ($file, $said, $name) = @_;
    my $line = "parley_number_library $file;";
    $t->write_file_expand('bad.conf', $conf =~ s/%%LIBRARY%%/$line/r);
    my ($n) = grep { (split /\n/, $t->read_file('bad.conf'))[$_ - 1]
        =~ /parley_number/ } 1 .. 40;
    my ($status, $err) = $t->check('bad.conf');
    ok($status != 0 && $err =~ $said && $err =~ /bad\.conf:$n\n/,
        "a library $name") or diag($err);
}

sub told {
    my ($number, %more) = @_;
    return $api->post('/v1/numbers/explain', { number => $number, %more });
}

sub problem {
    my ($got, $pointer, $name) = @_;
    is("$got->{status} " . ($got->{json}{pointer} // '-'), "400 $pointer",
        $name) or diag($got->{body});
}

# workers that have the library
sub mapped {
    return grep { slurp("/proc/$_/maps") =~ /libphonenumber/ } $t->workers();
}

# status, object, error output
sub alone {
    local %ENV = (%ENV, Parley::Nginx::sanitizer_env($dir, 1));
    my $out = `$dir/parleyctl --json number explain +31612345678 2>$dir/err`;
    return [ $? >> 8, decode_json($out), $t->read_file('err') ];
}

# Once the library is loaded, nobody gets C++'s memory from the Nth on: while
# it reads its data, and while it explains.
sub ends_well {
    SKIP: {
        skip 'a sanitizer has its own allocator', 3
            if `ldd $dir/parleyctl` =~ /libasan/;
        $t->write_file('ends.cc', allocator());
        is(system(qw/ g++ -shared -fPIC -o /, "$dir/ends.so",
            "$dir/ends.cc"), 0, 'an allocator that ends');

        my ($all) = ends(-1) =~ /took (\d+)$/m;
        my (%seen, @wrong);
        for my $n ((map { int($all * $_ / 40) } 0 .. 39),
            map { $all - 3 * $_ } 1 .. 60) {
            my $said = ends($n);
            push @wrong, "$n: $said" if $said !~ /^exit 0$/m;
            $seen{$1}++ if $said =~ /(out of memory|explain it failed)/;
        }
        is(join("\n", splice @wrong, 0, 3), '',
            'no exception leaves the library');
        ok($seen{'out of memory'} && $seen{'explain it failed'},
            'which failed, while it read and while it explained');
    }
}

sub ends {
    my ($n) = @_;
    my $ctl = build_dir() . '/parleyctl';
    my $said = `ENDS_AFTER=$n LD_PRELOAD=$dir/ends.so \\
        $ctl number explain +31612345678 2>&1`;
    return "${said}exit $?\n";
}

sub allocator {
    return <<'EOC';
#include <dlfcn.h>
#include <cstdio>
#include <cstdlib>
#include <new>

static bool  armed;
static long  after, taken;

static void __attribute__((destructor))
say(void)
{
    fprintf(stderr, "took %ld\n", taken);
}

extern "C" void *
dlopen(const char *file, int flags)
{
    typedef void *(*dlopen_pt)(const char *, int);
    void *object = ((dlopen_pt) dlsym(RTLD_NEXT, "dlopen"))(file, flags);

    after = atol(getenv("ENDS_AFTER"));
    armed = true;

    return object;
}

void *
operator new(std::size_t size)
{
    if (armed && taken++ >= after && after >= 0) {
        throw std::bad_alloc();
    }

    return malloc(size);
}

void
operator delete(void *p) noexcept
{
    free(p);
}

void
operator delete(void *p, std::size_t) noexcept
{
    free(p);
}
EOC
}

###############################################################################
