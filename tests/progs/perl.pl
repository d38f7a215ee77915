use strict; use warnings; use POSIX; use File::Temp; use File::Find; use IO::Handle; use IPC::Open3; use Cwd; use Time::HiRes qw(sleep);
$| = 1; my @l = sort { $b <=> $a } map { $_ * $_ } 1 .. 5; print "@l\n"; my %h = (a => 1, b => 2); print join(",", map { "$_=$h{$_}" } sort keys %h), "\n";
open my $f, '>', 'f' or die; print $f "line $_\n" for 1 .. 100; close $f; open $f, '<', 'f'; my @lines = <$f>; close $f; print scalar(@lines), " ", -s 'f', "\n";
print "fork: "; my $pid = fork; if (!$pid) { exit 6 } waitpid $pid, 0; print $? >> 8, "\n"; print `echo backtick; exit 3`, $? >> 8, "\n"; system('sh', '-c', 'kill -TERM $$'); print $? & 127, "\n";
open my $p, '-|', 'seq', 5 or die; print "pipe $_" while <$p>; close $p; open $p, '|-', 'cat' or die; print $p "to cat\n"; close $p; local $SIG{ALRM} = sub { die "alarm\n" }; eval { alarm 1; select undef, undef, undef, 10 }; print $@;
local $SIG{USR1} = sub { print "usr1\n" }; kill USR1 => $$; mkdir 'd' or die; symlink 'f', 'd/s'; find(sub { print "$File::Find::name\n" }, 'd'); print "$!\n" unless open my $x, '<', 'nosuch'; rename 'f', 'd/g'; print join(' ', sort glob 'd/*'), "\n";
pipe my $r, my $w; if (!fork) { close $r; syswrite $w, "x" x 100000; exit } close $w; my $n = 0; while (my $k = sysread $r, my $buf, 4096) { $n += $k } print "$n\n"; wait; my @s = stat 'd/g'; printf "%o %d\n", $s[2], $s[7]; utime 100, 200, 'd/g'; print +(stat 'd/g')[9], "\n";
flock(my $lk = do { open my $t, '>', 'lock'; $t }, 2) and print "locked\n"; my $t0 = time; sleep 0.05; print time - $t0 < 5 ? "slept\n" : "slow\n"; print getppid() > 0, " ", (POSIX::uname())[0], " ", cwd() =~ m{^/} ? 1 : 0, "\n"; unlink 'd/g', 'd/s'; rmdir 'd' or print "$!\n"; print -e 'd' ? "there" : "gone", "\n";
warn "to stderr\n"; exec 'sh', '-c', 'echo exec; exit 5';
