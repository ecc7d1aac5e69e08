using Microsoft.Extensions.Logging;

namespace Cea.Admin;

/// <summary>Every line that pages and API can log.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Error, "A request to {Route} failed: {Trouble}")]
    public static partial void RequestFailed(ILogger logger, string route, string trouble);

    [LoggerMessage(2, LogLevel.Warning, "A request to {Route} could not reach the database: {Trouble}")]
    public static partial void DatabaseTrouble(ILogger logger, string route, string trouble);

    [LoggerMessage(3, LogLevel.Information, "A sign-in was refused ({Why})")]
    public static partial void SignInRefused(ILogger logger, string why);
}
