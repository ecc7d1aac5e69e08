using Cea.Feedback.Trends;

namespace Cea.Feedback.Core.Tests.Trends;

public sealed class SuppressionTests
{
    [Fact]
    public void Nothing_is_hidden_where_no_floor_holds() => Text([[1, 2], [3, 40]], [4, 42], additive: true, floored: false).ShouldBe("1 2 3 / 3 40 43 / 4 42 46");

    [Fact]
    public void Counts_of_ten_and_more_and_nought_are_shown() => Text([[10, 0], [25, 40]], [35, 40], additive: true).ShouldBe("10 0 10 / 25 40 65 / 35 40 75");

    // One hidden count in a row with its sum is the sum less the others.
    [Theory]
    [InlineData("3 40 50", "<10 # 50 93")]
    [InlineData("3 4 50", "<10 <10 50 57")]
    [InlineData("3 0 0", "<10 0 0 <10")]
    [InlineData("1 1 50", "<10 <10 # 52")] // two that add up to 2 are 1 and 1
    [InlineData("9 9 50", "<10 <10 # 68")] // two that add up to 18 are 9 and 9
    [InlineData("12 30 3", "# 30 <10 45")] // the smallest that may be withheld
    public void A_row_gives_no_floored_count_away(string row, string shown)
    {
        int[] counts = [.. row.Split(' ').Select(int.Parse)];
        Text([counts], counts, additive: false).Split(" / ")[0].ShouldBe(shown);
    }

    [Fact]
    public void Columns_with_a_sum_give_nothing_away_either() =>
        Text([[3, 40, 50], [20, 30, 60], [70, 80, 90]], [93, 150, 200], additive: true).ShouldBe("<10 # 50 93 / # # 60 110 / 70 80 90 240 / 93 150 200 443");

    [Fact]
    public void The_rows_of_mentions_are_not_summed_so_their_columns_are_free() =>
        Text([[3, 40, 50], [20, 30, 60]], [20, 60, 90], additive: false).ShouldBe("<10 # 50 93 / 20 30 60 110 / 20 60 90 170");

    // Two pairs of rows and columns, joined by one hidden count: every line hides two, and still the joint is known from the sums around it.
    [Fact]
    public void A_count_that_only_lines_together_determine_is_found()
    {
        var table = Suppression.Of([[5, 6, 40, 50], [6, 5, 7, 50], [40, 50, 6, 5], [50, 40, 5, 6]], [101, 101, 58, 111], additive: true, floored: true);
        table[1].Count(c => c.N is null).ShouldBeGreaterThan(3);
    }

    [Fact]
    public void Whoever_knows_all_that_is_shown_can_work_out_no_floored_count()
    {
        var random = new Random(20_261_129);
        var floored = 0;
        for (var round = 0; round < 400; round++)
        {
            var n = Enumerable.Range(0, 2).Select(_ => Enumerable.Range(0, 3).Select(_ => random.Next(3) == 0 ? 0 : random.Next(1, 16)).ToArray()).ToArray();
            int[] bottom = [.. Enumerable.Range(0, 3).Select(j => n[0][j] + n[1][j])];
            var shown = Suppression.Of(n, bottom, additive: true, floored: true);
            for (var i = 0; i < 2; i++)
            {
                for (var j = 0; j < 3; j++)
                {
                    if (!shown[i][j].Under)
                        continue;
                    floored++;
                    var free = Enumerable.Range(0, 4).Any(k => shown[i][k].N > 0) || Enumerable.Range(0, 3).Any(k => shown[k][j].N > 0);
                    (AnotherFits(n, shown, i, j) || !free).ShouldBeTrue($"{string.Join(" / ", n.Select(r => string.Join(' ', r)))} shown as {Text(shown)}: row {i} column {j} is known");
                }
            }
        }
        floored.ShouldBeGreaterThan(400);
    }

    // Is there a table, other at this count, that would be shown just like this one?
    private static bool AnotherFits(int[][] n, Shown[][] shown, int row, int column)
    {
        var cells = (from i in Enumerable.Range(0, 2) from j in Enumerable.Range(0, 3) select (i, j)).ToArray();
        var x = new int[2, 3];
        return Try(0);

        bool Try(int k)
        {
            if (k == cells.Length)
                return x[row, column] != n[row][column] && Fits(shown[2][3], Enumerable.Range(0, 2).Sum(i => Enumerable.Range(0, 3).Sum(j => x[i, j]))) && Enumerable.Range(0, 3).All(j => Fits(shown[2][j], x[0, j] + x[1, j]));
            var (a, b) = cells[k];
            var s = shown[a][b];
            foreach (var v in s.N is { } known ? [known] : s.Under ? Enumerable.Range(1, 9) : Enumerable.Range(10, 12))
            {
                x[a, b] = v;
                if (b == 2 && !Fits(shown[a][3], x[a, 0] + x[a, 1] + x[a, 2]))
                    continue;
                if (a == 1 && !Fits(shown[2][b], x[0, b] + x[1, b]))
                    continue;
                if (Try(k + 1))
                    return true;
            }
            return false;
        }

        static bool Fits(Shown shown, int n) => shown.N is { } known ? n == known : shown.Under ? n is > 0 and < Suppression.Floor : n >= Suppression.Floor;
    }

    private static string Text(int[][] rows, int[] bottom, bool additive, bool floored = true) => Text(Suppression.Of(rows, bottom, additive, floored));

    private static string Text(Shown[][] table) => string.Join(" / ", table.Select(r => string.Join(' ', r.Select(c => c.N?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? (c.Under ? "<10" : "#")))));
}
