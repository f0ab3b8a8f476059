@echo off
rem Starts StoryGen on Windows; sets it up first where that is needed.
rem It only looks for a fit Python; everything else is done by storygen\launch.
rem Each candidate is run: a name that is found may be the Store's placeholder, or an old Python.
rem "if errorlevel 0" is there for crashes, whose exit status is negative.
setlocal DisableDelayedExpansion
set "ENTRY=%~dp0storygen\launch\entry.py"
set "PYTHONUTF8=1"

if not defined STORYGEN_PYTHON goto search
"%STORYGEN_PYTHON%" "%ENTRY%" --check-python 2>nul
if not errorlevel 1 if errorlevel 0 goto given

:search
set "PYTHON=py -3"
%PYTHON% "%ENTRY%" --check-python >nul 2>nul
if not errorlevel 1 if errorlevel 0 goto found
set "PYTHON=python"
%PYTHON% "%ENTRY%" --check-python >nul 2>nul
if not errorlevel 1 if errorlevel 0 goto found
set "PYTHON=py -3.13"
%PYTHON% "%ENTRY%" --check-python >nul 2>nul
if not errorlevel 1 if errorlevel 0 goto found
set "PYTHON=py -3.12"
%PYTHON% "%ENTRY%" --check-python >nul 2>nul
if not errorlevel 1 if errorlevel 0 goto found
set "PYTHON=py -3.11"
%PYTHON% "%ENTRY%" --check-python >nul 2>nul
if not errorlevel 1 if errorlevel 0 goto found
set "PYTHON=py -3.14"
%PYTHON% "%ENTRY%" --check-python >nul 2>nul
if not errorlevel 1 if errorlevel 0 goto found
set "PYTHON=python3"
%PYTHON% "%ENTRY%" --check-python >nul 2>nul
if not errorlevel 1 if errorlevel 0 goto found

echo StoryGen needs Python 3.11, 3.12, 3.13 or 3.14 (64 bit), and found none on this machine.
echo Install one from https://www.python.org/downloads/windows/ (no administrator needed),
echo then double-click run_local.bat again.
goto failed

:given
"%STORYGEN_PYTHON%" "%ENTRY%" %*
goto ended

:found
%PYTHON% "%ENTRY%" %*

:ended
if not errorlevel 1 if errorlevel 0 exit /b 0

:failed
echo.
if not defined STORYGEN_NO_PAUSE pause
exit /b 1
