namespace Cea.Sandbox.Faults;

/// <summary>Puts the faults of a provider's API around what it would have done.</summary>
internal sealed class ApiFaults(FaultBoard board, TimeProvider clock)
{
    /// <summary><paramref name="error"/> says no in the provider's own form: a status and seconds to wait.</summary>
    public async Task<IResult> AroundAsync(HttpContext context, string account, string operation, string? to, Func<Task<IResult>> act, Func<int, int?, IResult> error)
    {
        if (board.Take(FaultNames.Throttle, account, to, operation) is { } throttle)
        {
            var seconds = Math.Max(1, (throttle.DelayMs ?? 2000) / 1000);
            context.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
            return error(429, seconds);
        }
        if (board.Take(FaultNames.ServerError, account, to, operation) is { } broken)
        {
            if (broken.Taken is true)
                await act();
            return error(500, null);
        }
        if (board.Take(FaultNames.HangUp, account, to, operation) is { } hangUp)
        {
            if (hangUp.Taken is not false)
                await act();
            context.Abort();
            return Results.Empty;
        }
        if (board.Take(FaultNames.Slow, account, to, operation) is { } slow)
        {
            // Taken at once and answered late is what leaves the caller in doubt; the other way round he knows nothing went out only if he waits.
            var result = slow.Taken is not false ? await act() : null;
            await Task.Delay(TimeSpan.FromMilliseconds(slow.DelayMs ?? 5000), clock, context.RequestAborted);
            return result ?? await act();
        }
        return await act();
    }
}
