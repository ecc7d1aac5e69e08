namespace Cea.Feedback.Trends;

/// <summary>What two counts of equally long periods say about each other.</summary>
public enum ChangeMark
{
    /// <summary>No more than chance makes of an unchanged rate.</summary>
    None,
    Rise,
    Fall,
}

/// <summary>
/// A count against the count of an equally long period before. Marked as a rise (fall) when chance alone would bring as much or more in at most
/// <see cref="Level"/> of all cases in which nothing has changed.
/// <para>
/// Exact conditional test of two Poisson counts: given their sum n, the present one is Binomial(n, 1/2) when the rate is the same (Przyborowski and Wilenski,
/// "Homogeneity of results in testing samples from Poisson series", Biometrika 31, 1940, 313-323). One sided, each side at <see cref="Level"/>: exact, hence
/// conservative, for small numbers. It takes messages as independent: twenty people told by one poster to write look like a rise, and are one.
/// </para>
/// </summary>
/// <param name="Now">Count of the period shown, 0 or more.</param>
/// <param name="Before">Count of the period it is compared with, 0 or more.</param>
public readonly record struct Change(int Now, int Before)
{
    /// <summary>One chance in forty, on each side.</summary>
    public const double Level = 0.025;

    public int Difference => Now - Before;

    /// <summary>How many times as much; null when there was nothing before.</summary>
    public double? Ratio => Before == 0 ? null : (double)Now / Before;

    /// <summary>Chance, 0 to 1, of this many or more out of both counts when the rate is unchanged.</summary>
    public double RiseChance => UpperTail(Now, Now + Before);

    /// <summary>Chance, 0 to 1, of this few or fewer out of both counts when the rate is unchanged.</summary>
    public double FallChance => UpperTail(Before, Now + Before);

    public ChangeMark Mark => RiseChance <= Level ? ChangeMark.Rise : FallChance <= Level ? ChangeMark.Fall : ChangeMark.None;

    /// <summary>P(X ≥ k) for X ~ Binomial(n, 1/2). Relative error below 1e-10 for n up to a million.</summary>
    public static double UpperTail(int k, int n)
    {
        if (k <= 0)
            return 1;
        if (k > n)
            return 0;
        if (k <= n - k)
            return 1 - UpperTail(n - k + 1, n); // the lower half through its mirror image, where terms only shrink
        var term = Math.Exp(LogChoose(n, k) - n * Math.Log(2));
        var sum = term;
        for (var j = k; j < n && term > sum * 1e-17; j++)
        {
            term *= (double)(n - j) / (j + 1);
            sum += term;
        }
        return Math.Min(sum, 1);
    }

    private static double LogChoose(int n, int k)
    {
        var few = Math.Min(k, n - k);
        var log = 0.0;
        for (var i = 1; i <= few; i++)
            log += Math.Log((double)(n - few + i) / i);
        return log;
    }
}
