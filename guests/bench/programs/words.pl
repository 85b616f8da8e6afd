# Text, patterns, hashes and sorting; the sum is the same on every machine.
use strict;
use warnings;

my ($seed, %count) = (1);
for my $line (1 .. 30000) {
    my $text = join ' ', map { $seed = ($seed * 1103515245 + 12345) & 0x7fffffff; sprintf '%s%x', $seed & 64 ? 'Key' : 'word', $seed % 5000 } 1 .. 8;
    $text =~ s/Key([0-9a-f]+)/\L$1/g;
    $count{$_}++ for grep { /^[a-z]*\d/ } split / /, $text;
}
my $sum = 0;
$sum = ($sum * 31 + length($_) * $count{$_}) % 1000003 for sort { $count{$b} <=> $count{$a} || $a cmp $b } keys %count;
print "perl: $sum\n";
