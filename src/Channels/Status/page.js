"use strict";
(function () {
  // A code behind # was sent to nobody; it goes into the form and out of the address.
  var code = document.getElementById("code"), given = location.hash.slice(1), leave = document.getElementById("leave");
  if (given) {
    code.value = given;
    history.replaceState(null, "", location.pathname + location.search);
  }
  // Away at once, and the way back does not lead here.
  leave.onclick = function () {
    document.body.style.display = "none";
    location.replace(leave.href);
    return false;
  };
})();
