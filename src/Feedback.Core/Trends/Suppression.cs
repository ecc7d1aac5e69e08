namespace Cea.Feedback.Trends;

/// <summary>A count as it may be shown: the number, "under the floor", or withheld because it would give another one away.</summary>
public readonly record struct Shown(int? N, bool Under)
{
    public static Shown Exact(int n) => new(n, false);
    public static readonly Shown Floored = new(null, true);
    public static readonly Shown Withheld = new(null, false);
}

/// <summary>
/// Small numbers in a table with its sums (safeguarding rule S12): counts from 1 to 9 are floored, and more are withheld until no floored one can be worked out.
/// Nought stays: nobody is in it. Two things give a count away, and both are looked for: a line (row or column with its sum) in which it can only be one number,
/// given that a floored count is 1 to 9 and a withheld one more, and what other lines leave of the rest; and lines that only together determine it, which is so when it is a
/// bridge of the graph whose vertices are the lines and whose edges are the hidden counts (Gusfield, "A graph theoretic approach to statistical data security", SIAM J. Comput. 17, 1988, 552-571).
/// </summary>
public static class Suppression
{
    public const int Floor = 10;

    /// <summary>The table with its sums: one row more than <paramref name="rows"/> (the last is <paramref name="bottom"/>), one column more (the rows' sums).</summary>
    /// <param name="rows">Counts; all of one length.</param>
    /// <param name="additive">The bottom row is the sum of the others, so columns give counts away too.</param>
    /// <param name="floored">False: everything is shown.</param>
    public static Shown[][] Of(IReadOnlyList<int[]> rows, int[] bottom, bool additive, bool floored)
    {
        var n = rows.Append(bottom).Select(r => (int[])[.. r, r.Sum()]).ToArray();
        if (!floored)
            return [.. n.Select(r => r.Select(Shown.Exact).ToArray())];
        var table = new Table(n, additive);
        table.Hide();
        return [.. n.Select((r, i) => r.Select((c, j) => !table.Hidden[i][j] ? Shown.Exact(c) : Small(c) ? Shown.Floored : Shown.Withheld).ToArray())];
    }

    private static bool Small(int n) => n is > 0 and < Floor;

    private sealed class Table(int[][] n, bool additive)
    {
        private readonly int _columns = n[0].Length;

        public bool[][] Hidden { get; } = [.. n.Select(r => r.Select(Small).ToArray())];

        public void Hide()
        {
            while (Telling() is { } line)
            {
                var (row, column) = line.Where(Open).MinBy(c => n[c.Row][c.Column]);
                Hidden[row][column] = true;
            }
        }

        /// <summary>The line that gives a hidden count away and still has one to hide: of several the one that hides fewest, for from there the others follow.</summary>
        private (int Row, int Column)[]? Telling()
        {
            var range = Ranges();
            return Cells().Where(c => Hidden[c.Row][c.Column] && range[c.Row][c.Column] is var (low, high) && high - low < 1)
                .Concat(additive ? Bridges() : []).SelectMany(LinesOf).Where(l => l.Any(Open)).MinBy(l => l.Count(c => Hidden[c.Row][c.Column]));
        }

        // What somebody can know of each count who takes every line as an equation, until no line narrows anything down any more.
        private (double Low, double High)[][] Ranges()
        {
            var range = n.Select((r, i) => r.Select((c, j) => !Hidden[i][j] ? ((double)c, (double)c) : Small(c) ? (1, Floor - 1) : (Floor, double.PositiveInfinity)).ToArray()).ToArray();
            var lines = Lines().ToList();
            for (var narrowed = true; narrowed;)
            {
                narrowed = false;
                foreach (var line in lines)
                    narrowed |= Narrow(line, range);
            }
            return range;
        }

        // The last cell of a line is the sum of the others: parts - sum = 0.
        private static bool Narrow((int Row, int Column)[] line, (double Low, double High)[][] range)
        {
            (double Low, double High) Signed(int k)
            {
                var (low, high) = range[line[k].Row][line[k].Column];
                return k == line.Length - 1 ? (-high, -low) : (low, high);
            }
            var all = Enumerable.Range(0, line.Length).Select(Signed).ToArray();
            var (lows, highs, narrowed) = (Total(all.Select(x => x.Low)), Total(all.Select(x => x.High)), false);
            for (var k = 0; k < line.Length; k++)
            {
                var low = Math.Max(all[k].Low, -Without(highs, all[k].High, double.PositiveInfinity));
                var high = Math.Min(all[k].High, -Without(lows, all[k].Low, double.NegativeInfinity));
                if (low <= all[k].Low && high >= all[k].High)
                    continue;
                narrowed = true;
                range[line[k].Row][line[k].Column] = k == line.Length - 1 ? (-high, -low) : (low, high);
            }
            return narrowed;
        }

        private static (double Finite, int Endless) Total(IEnumerable<double> bounds) => bounds.Aggregate((0d, 0), (sum, b) => double.IsFinite(b) ? (sum.Item1 + b, sum.Item2) : (sum.Item1, sum.Item2 + 1));

        private static double Without((double Finite, int Endless) total, double own, double endless) =>
            total.Endless > (double.IsFinite(own) ? 0 : 1) ? endless : double.IsFinite(own) ? total.Finite - own : total.Finite;

        private IEnumerable<(int Row, int Column)> Cells() => from i in Enumerable.Range(0, n.Length) from j in Enumerable.Range(0, _columns) select (i, j);

        private IEnumerable<(int Row, int Column)[]> Lines() => additive ? Enumerable.Range(0, n.Length).Select(RowOf).Concat(Enumerable.Range(0, _columns).Select(ColumnOf)) : Enumerable.Range(0, n.Length).Select(RowOf);

        private IEnumerable<(int Row, int Column)[]> LinesOf((int Row, int Column) cell) => additive ? [RowOf(cell.Row), ColumnOf(cell.Column)] : [RowOf(cell.Row)];

        private (int, int)[] RowOf(int i) => [.. Enumerable.Range(0, _columns).Select(j => (i, j))];

        private (int, int)[] ColumnOf(int j) => [.. Enumerable.Range(0, n.Length).Select(i => (i, j))];

        // Nought is never withheld: it would protect nothing.
        private bool Open((int Row, int Column) cell) => !Hidden[cell.Row][cell.Column] && n[cell.Row][cell.Column] > 0;

        private List<(int Row, int Column)> Bridges()
        {
            var found = new List<(int, int)>();
            var (order, lowest, time) = (new int[n.Length + _columns], new int[n.Length + _columns], 0);
            for (var v = 0; v < order.Length; v++)
            {
                if (order[v] == 0)
                    Visit(v, -1);
            }
            return found;

            void Visit(int v, int parent)
            {
                order[v] = lowest[v] = ++time;
                foreach (var w in Neighbours(v))
                {
                    if (w == parent)
                        continue;
                    if (order[w] == 0)
                    {
                        Visit(w, v);
                        if (lowest[w] > order[v])
                            found.Add(v < w ? (v, w - n.Length) : (w, v - n.Length));
                        lowest[v] = Math.Min(lowest[v], lowest[w]);
                    }
                    else
                    {
                        lowest[v] = Math.Min(lowest[v], order[w]);
                    }
                }
            }

            IEnumerable<int> Neighbours(int v) => v < n.Length
                ? Enumerable.Range(0, _columns).Where(j => Hidden[v][j]).Select(j => n.Length + j)
                : Enumerable.Range(0, n.Length).Where(i => Hidden[i][v - n.Length]);
        }
    }
}
