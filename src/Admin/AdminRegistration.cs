using System.Globalization;
using Cea.Admin.Api;
using Cea.Admin.Items;
using Cea.Admin.Learning;
using Cea.Admin.Officers;
using Cea.Admin.Quotes;
using Cea.Admin.Replies;
using Cea.Admin.Settings;
using Cea.Admin.Shell;
using Cea.Admin.Trends;
using Cea.Feedback.Intake;
using Cea.Feedback.Items;
using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Cea.Admin;

/// <summary>The officers' pages and the REST API.</summary>
public static class AdminRegistration
{
    public static IServiceCollection AddAdmin(this IServiceCollection services)
    {
        services.AddRazorComponents();
        services.AddAntiforgery(o =>
        {
            o.Cookie.Name = "cea-form";
            o.Cookie.SameSite = SameSiteMode.Strict;
            o.HeaderName = "X-Form";
        });
        services.AddHttpContextAccessor();
        services.AddScoped<Words>();
        services.AddScoped<FilterFromUrl>();
        services.AddScoped<FormState>();
        services.AddScoped<AccountCheck>();
        services.AddSingleton<LiveStreams>();
        services.AddSingleton<ApiTries>();
        services.AddScoped<ApiKeys>();
        services.AddIdentityCore<OfficerUser>(o =>
        {
            o.Password.RequiredLength = OfficerAccounts.ShortestPassword;
            o.Password.RequireDigit = o.Password.RequireLowercase = o.Password.RequireUppercase = o.Password.RequireNonAlphanumeric = false; // length counts, not ornaments (NIST SP 800-63B)
            o.Password.RequiredUniqueChars = 5;
        });
        services.Configure<PasswordHasherOptions>(o => o.IterationCount = PasswordCost.Hash);
        services.AddScoped<IUserStore<OfficerUser>, UserOnlyStore<OfficerUser, FeedbackDb, int>>();
        services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie(o =>
        {
            o.Cookie.Name = "cea";
            o.Cookie.HttpOnly = true;
            o.Cookie.SameSite = SameSiteMode.Lax;
            o.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            o.ExpireTimeSpan = TimeSpan.FromHours(10); // a working day; what ends it before stands in Sessions
            o.SlidingExpiration = false;
            o.Events.OnRedirectToLogin = SignInEndpoints.ToSignIn;
        }).AddCookie(SignInEndpoints.HalfScheme, o =>
        {
            o.Cookie.Name = "cea-half";
            o.Cookie.Path = "/sign-in";
            o.Cookie.HttpOnly = true;
            o.Cookie.SameSite = SameSiteMode.Strict;
            o.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            o.ExpireTimeSpan = TimeSpan.FromMinutes(5); // time to find the phone
            o.SlidingExpiration = false;
        });
        services.AddAuthorization();
        return services;
    }

    /// <summary>What stands around every request: security headers, errors without content, who is asking.</summary>
    public static void UseEdge(this WebApplication app)
    {
        app.UseMiddleware<EdgeMiddleware>();
        app.UseRouting(); // inside the edge: what routing throws is answered like anything else
        app.UseAuthentication();
        app.UseMiddleware<OfficerMiddleware>();
        app.UseAntiforgery();
    }

    public static void MapAdmin(this WebApplication app)
    {
        app.MapStaticAssets();
        // GET is a page; POST is one endpoint a use case.
        app.MapRazorComponents<App>().Add(endpoint =>
        {
            for (var i = 0; i < endpoint.Metadata.Count; i++)
            {
                if (endpoint.Metadata[i] is HttpMethodMetadata)
                    endpoint.Metadata[i] = new HttpMethodMetadata(["GET", "HEAD"]);
            }
        });
        app.MapSignIn();
        app.MapAccount();
        app.MapItems();
        app.MapQuotes();
        app.MapCalls();
        app.MapAnswers();
        app.MapSettings();
        app.MapLearning();
        app.MapLive();
        app.MapReadApi();
        app.MapTrends();
    }

    /// <summary>Feedback by API: belongs to the role that takes messages in.</summary>
    public static void MapIntakeApi(this IEndpointRouteBuilder routes) => routes.MapFeedbackIntake();
}
